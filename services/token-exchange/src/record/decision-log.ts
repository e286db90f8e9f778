import { actorsOf, type Identity } from '@mandate/oauth';
import { type Caller, clientFields } from '@mandate/clients';
import type { ChainDecision, Origin } from '@mandate/policy';
import { type Clock, type Metrics, type TraceContext, traceIdOf } from '@mandate/ports';
import type { AuditEvent, AuditSink, RequestContext } from '@mandate/service-kit';
import type { ExchangeVerdict } from '../exchange/decide-exchange.js';
import type { Party, Terms } from '../exchange/question.js';
import type { Findings } from './decision-record.js';
import { delegationOf } from '../rules/agreement.js';
import { REASONS } from '../rules/reasons.js';

/** One decision, as it is written down. */
export interface DecisionEntry {
  kind: 'exchange' | 'explain';
  origin: Origin;
  caller: Caller;
  terms: Terms;
  verdict: ExchangeVerdict;
  context: TraceContext & Pick<RequestContext, 'log'>;
  /** Of the answer that it leads to. */
  headers?: Readonly<Record<string, string>>;
  latencyMs: number;
}

export interface DecisionLog {
  /**
   * To be awaited before the decision is answered. `issuedId`: `jti` of the token that a permit leads to; absent when none
   * is issued. @throws UpstreamError when it must be written down and is not.
   */
  record(entry: DecisionEntry, issuedId?: string): Promise<void>;
}

const KINDS = ['exchange', 'explain'] as const;

/** One audit event and one count per decision, explained or real (docs/delegation.md section 8). */
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
    async record(entry, issuedId) {
      const { kind, verdict } = entry;
      if (verdict.verdict === 'permit') chainDepth.observe({ kind }, actorsOf(verdict.token.act).length);
      decisions.increment({ kind, verdict: verdict.verdict, reason: reasonOf(verdict) ?? 'none' });
      logPolicyReason(entry);
      await audit.record(renderEvent(entry, { time: clock(), issuedId }));
    },
  };
}

/** What a policy's author says of a deny is for the log alone (TX-69). */
function logPolicyReason({ verdict, caller, context }: DecisionEntry): void {
  const { decision, backend } = verdict.record.decision ?? {};
  if (decision?.outcome !== 'deny' || decision.reason === undefined) return;
  const { reason, rules } = decision;
  context.log.info('policy denied', { ...clientFields(caller), backend, rule: rules.join(', '), reason });
}

function reasonOf(verdict: ExchangeVerdict): string | undefined {
  if (verdict.verdict === 'error') return 'dependency_failed';
  return verdict.verdict === 'deny' ? verdict.reason : undefined;
}

function renderEvent(
  { kind, origin, caller, terms, verdict, context, latencyMs }: DecisionEntry,
  { time, issuedId }: { time: number; issuedId: string | undefined },
): AuditEvent {
  const { findings, decision } = verdict.record;
  const { actor, inbound_chain: inbound } = findings;
  const { backend, rule, decisionId, decisionLabels } = renderDecider(decision);
  const { grantedScopes, jti, anc } = renderGrant(verdict, issuedId);
  return {
    event: kind,
    time,
    transactionId: context.transactionId,
    traceId: traceIdOf(context.traceparent),
    origin,
    ...clientFields(caller),
    subject: subjectIdentity(findings),
    delegation: delegationIn(findings),
    actor: actor && { iss: actor.iss, sub: actor.sub },
    chain: inbound && actorsOf(inbound),
    targets: [...terms.resources, ...terms.audiences],
    targetsFrom: terms.targetsFrom === 'client' ? 'client' : undefined,
    scopes: terms.scopes,
    backend,
    rule,
    decisionId,
    decisionLabels,
    verdict: verdict.verdict,
    reason: reasonOf(verdict),
    cause: verdict.verdict === 'deny' ? verdict.cause : undefined,
    grantedScopes,
    jti,
    anc,
    latencyMs: Math.round(latencyMs),
  };
}

/** Which policy decided, by its own names. */
function renderDecider(
  decided: ChainDecision | undefined,
): Pick<AuditEvent, 'backend' | 'rule' | 'decisionId' | 'decisionLabels'> {
  if (decided === undefined) return {};
  const { backend, decision } = decided;
  const rules = 'rules' in decision ? decision.rules : [];
  return { backend, rule: rules.join(', ') || undefined, decisionId: decision.id, decisionLabels: decision.labels };
}

/** What a permit gave: the scopes, and of a token that is issued its identifiers. */
function renderGrant(
  verdict: ExchangeVerdict,
  jti: string | undefined,
): Pick<AuditEvent, 'grantedScopes' | 'jti' | 'anc'> {
  if (verdict.verdict !== 'permit') return {};
  const { scopes: grantedScopes, lineage } = verdict.token;
  return { grantedScopes, jti, anc: jti === undefined ? undefined : lineage.ancestors };
}

/** Whom it was about, as far as that was found out. */
function subjectIdentity(findings: Partial<Findings>): Identity | undefined {
  return findings.named_subject ?? findings.assumed_answer?.identity ?? subjectOf(findings)?.identity;
}

function delegationIn(findings: Partial<Findings>): string | undefined {
  const party = subjectOf(findings);
  return findings.delegation_record?.id ?? (party && delegationOf(party));
}

/** By what was presented. */
function subjectOf({ subject_token, asserted_subject, assertion }: Partial<Findings>): Party | undefined {
  return subject_token ?? asserted_subject ?? assertion;
}
