import { randomUUID } from 'node:crypto';
import { type Clock, UpstreamError } from '@mandate/ports';
import type {
  BackchannelDecision,
  BackchannelRequest,
  BackchannelRequestStore,
  DecideOutcome,
  PollOutcome,
} from './backchannel-request-store.js';
import { EARLY_SECONDS, SLOW_DOWN_SECONDS, forgottenAt, placeUntil } from './request-lifetime.js';

export interface MemoryBackchannelRequestStoreOptions {
  clock: Clock;
  /** Default 50,000. A full store forgets what was answered, and else refuses: somebody may wait for any other. */
  maxEntries?: number;
}

interface Entry {
  request: BackchannelRequest;
  interval: number;
  polledAt?: number;
  decision?: BackchannelDecision;
  /** The attempt that got the answer. */
  attempt?: string | undefined;
}

interface Requests {
  byId: Map<string, Entry>;
  byDecisionId: Map<string, Entry>;
}

/** Requests that wait for a person, in this process alone: they are gone with it. */
export function createMemoryBackchannelRequestStore(
  options: MemoryBackchannelRequestStoreOptions,
): BackchannelRequestStore {
  const { clock, maxEntries = 50_000 } = options;
  const requests: Requests = { byId: new Map(), byDecisionId: new Map() };
  const { byId, byDecisionId } = requests;
  const live = (entry: Entry | undefined): Entry | undefined =>
    entry !== undefined && entry.attempt === undefined && forgottenAt(entry.request) > clock() ? entry : undefined;
  const entryOf = (decisionId: string): Entry | undefined => live(byDecisionId.get(decisionId));

  return {
    add(request, { maxOpen, maxOpenOfClient }) {
      const now = clock();
      dropForgotten(requests, { now, isFull: byId.size >= maxEntries });
      const places = placesOf(byId.values(), request, now);
      // there is a place again when the last but so many is free
      const freeAt = Math.max(places.ofAll.at(-maxOpen) ?? 0, places.ofClient.at(-maxOpenOfClient) ?? 0);
      if (freeAt > now) return Promise.resolve({ kind: 'too_many', freeAt });
      if (byId.size >= maxEntries) {
        return Promise.reject(new UpstreamError('backchannel requests', 'overloaded', 'the store in memory is full'));
      }
      const entry = { request, interval: request.interval };
      byId.set(request.id, entry);
      byDecisionId.set(request.decisionId, entry);
      return Promise.resolve({ kind: 'added' });
    },
    findByDecisionId: (decisionId) => Promise.resolve(entryOf(decisionId)?.request),
    remove(decisionId) {
      const entry = entryOf(decisionId);
      if (entry !== undefined) drop(requests, entry);
      return Promise.resolve();
    },
    decide: (decisionId, decision) => Promise.resolve(decide(entryOf(decisionId), decision, clock())),
    poll(id, clientId, attempt = randomUUID()) {
      const entry = live(byId.get(id));
      const outcome = poll(entry, clientId, clock());
      if (entry !== undefined && outcome.kind === 'approved') entry.attempt = attempt;
      return Promise.resolve(outcome);
    },
    takeBack(id, attempt) {
      const entry = byId.get(id);
      if (entry?.attempt === attempt) entry.attempt = undefined;
      return Promise.resolve();
    },
  };
}

function drop({ byId, byDecisionId }: Requests, { request }: Entry): void {
  byId.delete(request.id);
  byDecisionId.delete(request.decisionId);
}

function dropForgotten(requests: Requests, { now, isFull }: { now: number; isFull: boolean }): void {
  for (const entry of requests.byId.values()) {
    if (forgottenAt(entry.request) <= now || (isFull && entry.attempt !== undefined)) drop(requests, entry);
  }
}

/** Until when each place is taken that a person has: by requests of all clients, and by those of the same one. */
function placesOf(
  entries: Iterable<Entry>,
  { person, clientId }: BackchannelRequest,
  now: number,
): { ofAll: number[]; ofClient: number[] } {
  const ofPerson = [...entries].filter(
    ({ request, decision }) => request.person === person && decision?.approve !== true && placeUntil(request) > now,
  );
  const ofClient = ofPerson.filter(({ request }) => request.clientId === clientId);
  return { ofAll: timesOf(ofPerson), ofClient: timesOf(ofClient) };
}

function timesOf(entries: readonly Entry[]): number[] {
  return entries.map(({ request }) => placeUntil(request)).sort((a, b) => a - b);
}

function decide(entry: Entry | undefined, decision: BackchannelDecision, now: number): DecideOutcome {
  if (entry === undefined) return 'unknown';
  if (entry.request.sub !== decision.sub) return 'other_person';
  if (entry.decision !== undefined) return 'decided_before';
  if (entry.request.expiresAt <= now) return 'expired';
  entry.decision = decision;
  return 'decided';
}

function poll(entry: Entry | undefined, clientId: string, now: number): PollOutcome {
  if (entry?.request.clientId !== clientId) return { kind: 'unknown' };
  const { request, decision } = entry;
  if (request.expiresAt <= now) return { kind: 'expired' };
  if (decision !== undefined) return decision.approve ? { kind: 'approved', request, decision } : { kind: 'denied' };
  const isEarly = entry.polledAt !== undefined && now - entry.polledAt + EARLY_SECONDS < entry.interval;
  entry.polledAt = now;
  if (isEarly) entry.interval += SLOW_DOWN_SECONDS;
  return { kind: isEarly ? 'slow_down' : 'pending', interval: entry.interval };
}
