import { actorsOf, parseActChain } from '@mandate/oauth';
import { type Clock, type JsonObject } from '@mandate/ports';
import type { Caller } from '@mandate/clients';
import type { AuditEvent, AuditSink, Metrics, RequestContext } from '@mandate/service-kit';
import type { ExchangeRequest } from './exchange-request.js';
import type { ExchangeVerdict } from './exchange-token.js';
import { REASONS } from './refusal.js';

/** One decision, as it is written down. */
export interface DecisionEntry {
  kind: 'exchange' | 'explain';
  caller: Caller;
  request: ExchangeRequest;
  verdict: ExchangeVerdict;
  /** `jti` of the token that a permit leads to; `undefined` when none is issued. */
  issuedId?: string;
  context: Pick<RequestContext, 'transactionId' | 'traceparent'>;
  latencyMs: number;
}

export interface DecisionLog {
  /** To be awaited before the decision is answered. @throws UpstreamError when it must be written down and is not. */
  record(entry: DecisionEntry): Promise<void>;
}

const KINDS = ['exchange', 'explain'] as const;

/** One audit event and one count per exchange, explained or real (docs/delegation.md section 8). */
export function createDecisionLog({
  metrics,
  audit,
  clock,
}: {
  metrics: Metrics;
  audit: AuditSink;
  clock: Clock;
}): DecisionLog {
  const decisions = metrics.counter({
    name: 'exchange_decisions_total',
    help: 'Token exchanges decided, by what was asked for and how it ended',
    labels: {
      kind: KINDS,
      verdict: ['permit', 'deny', 'error'],
      reason: ['none', 'dependency_failed', ...REASONS],
    },
  });
  const chainDepth = metrics.histogram({
    name: 'exchange_chain_depth_actors',
    help: 'Actors in the chain of a permitted exchange, the newest included',
    labels: { kind: KINDS },
    buckets: [0, 1, 2, 3, 4, 5, 6, 7, 8],
  });
  return {
    async record(entry) {
      const { kind, verdict } = entry;
      if (verdict.verdict === 'permit') chainDepth.observe({ kind }, chainDepthOf(verdict.claims));
      decisions.increment({ kind, verdict: verdict.verdict, reason: reasonOf(verdict) ?? 'none' });
      await audit.record(auditEvent(entry, clock()));
    },
  };
}

function chainDepthOf(claims: JsonObject): number {
  return actorsOf(parseActChain(claims['act']) ?? undefined).length;
}

function reasonOf(verdict: ExchangeVerdict): string | undefined {
  if (verdict.verdict === 'error') return 'dependency_failed';
  return verdict.verdict === 'deny' ? verdict.reason : undefined;
}

function auditEvent({ kind, caller, request, verdict, ...entry }: DecisionEntry, now: number): AuditEvent {
  const { subject, actor, inbound, decision } = verdict.record;
  const rules = decision && 'rules' in decision.decision ? decision.decision.rules : [];
  return {
    event: kind,
    time: now,
    transactionId: entry.context.transactionId,
    traceId: entry.context.traceparent?.split('-')[1],
    client: caller.clientId,
    subject: subject?.identity,
    actor: actor && { iss: actor.iss, sub: actor.sub },
    chain: inbound && actorsOf(inbound),
    targets: [...request.resources, ...request.audiences],
    scopes: request.scopes,
    backend: decision?.backend,
    rule: rules.join(', ') || undefined,
    verdict: verdict.verdict,
    reason: reasonOf(verdict),
    ...grantedMembers(verdict, entry.issuedId),
    latencyMs: Math.round(entry.latencyMs),
  };
}

/** What a permit gave: the scopes, and of a token that is issued its identifiers. */
function grantedMembers(
  verdict: ExchangeVerdict,
  jti: string | undefined,
): Pick<AuditEvent, 'grantedScopes' | 'jti' | 'anc'> {
  if (verdict.verdict !== 'permit') return {};
  const { claims, scopes: grantedScopes } = verdict;
  if (jti === undefined) return { grantedScopes };
  const anc = claims['anc'];
  return { grantedScopes, jti, anc: Array.isArray(anc) ? anc.filter((id) => typeof id === 'string') : undefined };
}
