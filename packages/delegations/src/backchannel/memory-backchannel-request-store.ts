import { randomUUID } from 'node:crypto';
import { type Clock, UpstreamError } from '@mandate/ports';
import type {
  BackchannelDecision,
  BackchannelRequest,
  BackchannelRequestStore,
  DecideOutcome,
  PollOutcome,
} from './backchannel-request-store.js';
import { EARLY_SECONDS, SLOW_DOWN_SECONDS, forgottenAt } from './request-lifetime.js';

export interface MemoryBackchannelRequestStoreOptions {
  clock: Clock;
  /** Default 50,000. A full store forgets what was answered, and else refuses: somebody may wait for any other. */
  maxEntries?: number;
}

interface Kept {
  request: BackchannelRequest;
  interval: number;
  polledAt?: number;
  decision?: BackchannelDecision;
  /** The attempt that got the answer. */
  given?: string | undefined;
}

interface Requests {
  byId: Map<string, Kept>;
  byDecisionId: Map<string, Kept>;
}

/** Requests that wait for a person, in this process alone: they are gone with it. */
export function createMemoryBackchannelRequestStore(
  options: MemoryBackchannelRequestStoreOptions,
): BackchannelRequestStore {
  const { clock, maxEntries = 50_000 } = options;
  const requests: Requests = { byId: new Map(), byDecisionId: new Map() };
  const { byId, byDecisionId } = requests;
  const live = (kept: Kept | undefined): Kept | undefined =>
    kept !== undefined && kept.given === undefined && forgottenAt(kept.request) > clock() ? kept : undefined;
  const named = (decisionId: string): Kept | undefined => live(byDecisionId.get(decisionId));

  return {
    add(request, { maxOpen, maxOpenOfClient }) {
      const now = clock();
      dropForgotten(requests, { now, isFull: byId.size >= maxEntries });
      const open = [...byId.values()].filter((kept) => kept.request.person === request.person && isOpen(kept, now));
      const ofClient = open.filter((kept) => kept.request.clientId === request.clientId);
      if (open.length >= maxOpen || ofClient.length >= maxOpenOfClient) return Promise.resolve('too_many');
      if (byId.size >= maxEntries) {
        return Promise.reject(new UpstreamError('backchannel requests', 'overloaded', 'the store in memory is full'));
      }
      const kept = { request, interval: request.interval };
      byId.set(request.id, kept);
      byDecisionId.set(request.decisionId, kept);
      return Promise.resolve('added');
    },
    findByDecisionId: (decisionId) => Promise.resolve(named(decisionId)?.request),
    remove(decisionId) {
      const kept = named(decisionId);
      if (kept !== undefined) drop(requests, kept);
      return Promise.resolve();
    },
    decide: (decisionId, decision) => Promise.resolve(decide(named(decisionId), decision, clock())),
    poll(id, clientId, attempt = randomUUID()) {
      const kept = live(byId.get(id));
      const outcome = poll(kept, clientId, clock());
      if (kept !== undefined && outcome.kind === 'approved') kept.given = attempt;
      return Promise.resolve(outcome);
    },
    takeBack(id, attempt) {
      const kept = byId.get(id);
      if (kept?.given === attempt) kept.given = undefined;
      return Promise.resolve();
    },
  };
}

function drop({ byId, byDecisionId }: Requests, { request }: Kept): void {
  byId.delete(request.id);
  byDecisionId.delete(request.decisionId);
}

function dropForgotten(requests: Requests, { now, isFull }: { now: number; isFull: boolean }): void {
  for (const kept of requests.byId.values()) {
    if (forgottenAt(kept.request) <= now || (isFull && kept.given !== undefined)) drop(requests, kept);
  }
}

function isOpen({ request, decision }: Kept, now: number): boolean {
  return decision === undefined && request.expiresAt > now;
}

function decide(kept: Kept | undefined, decision: BackchannelDecision, now: number): DecideOutcome {
  if (kept === undefined) return 'unknown';
  if (kept.request.sub !== decision.sub) return 'other_person';
  if (kept.decision !== undefined) return 'decided_before';
  if (kept.request.expiresAt <= now) return 'expired';
  kept.decision = decision;
  return 'decided';
}

function poll(kept: Kept | undefined, clientId: string, now: number): PollOutcome {
  if (kept?.request.clientId !== clientId) return { kind: 'unknown' };
  const { request, decision } = kept;
  if (request.expiresAt <= now) return { kind: 'expired' };
  if (decision !== undefined) return decision.approve ? { kind: 'approved', request, decision } : { kind: 'denied' };
  const early = kept.polledAt !== undefined && now - kept.polledAt + EARLY_SECONDS < kept.interval;
  kept.polledAt = now;
  if (early) kept.interval += SLOW_DOWN_SECONDS;
  return { kind: early ? 'slow_down' : 'pending', interval: kept.interval };
}
