import { actorsOf, formatScope } from '@mandate/oauth';
import type { Caller } from '@mandate/clients';
import type { Logger, Metrics } from '@mandate/service-kit';
import type { ExchangeRequest } from './exchange-request.js';
import type { ExchangeVerdict } from './exchange-token.js';
import { REASONS } from './refusal.js';

/** One decision, as it is written down. */
export interface DecisionEntry {
  kind: 'exchange' | 'explain';
  caller: Caller;
  request: ExchangeRequest;
  verdict: ExchangeVerdict;
  /** `jti` of the issued token. */
  issuedId?: string;
  log: Logger;
  seconds: number;
}

export interface DecisionLog {
  record(entry: DecisionEntry): void;
}

/** Writes one line and counts one decision per exchange, explained or real (delegation-rules.md section 8). */
export function createDecisionLog({ metrics }: { metrics: Metrics }): DecisionLog {
  const decisions = metrics.counter({
    name: 'exchange_decisions_total',
    help: 'Token exchanges decided, by what was asked for and how it ended',
    labels: {
      kind: ['exchange', 'explain'],
      verdict: ['permit', 'deny', 'error'],
      reason: ['none', 'dependency_failed', ...REASONS],
    },
  });
  return {
    record(entry) {
      const { kind, verdict } = entry;
      decisions.increment({ kind, verdict: verdict.verdict, reason: reasonOf(verdict) ?? 'none' });
      entry.log.info(`${kind} decided`, decisionFields(entry));
    },
  };
}

function reasonOf(verdict: ExchangeVerdict): string | undefined {
  if (verdict.verdict === 'error') return 'dependency_failed';
  return verdict.verdict === 'deny' ? verdict.reason : undefined;
}

function decisionFields({ caller, request, verdict, issuedId, seconds }: DecisionEntry): Parameters<Logger['info']>[1] {
  const { subject, actor, inbound, decision } = verdict.record;
  const rules = decision && 'rules' in decision.decision ? decision.decision.rules : [];
  const granted = verdict.verdict === 'permit' ? formatScope(verdict.scopes) : undefined;
  return {
    verdict: verdict.verdict,
    reason: reasonOf(verdict),
    client: caller.clientId,
    subject: subject?.subject,
    issuer: subject?.issuer,
    actor: actor?.sub,
    chain:
      actorsOf(inbound)
        .map(({ sub }) => sub)
        .join(' < ') || undefined,
    audience: [...request.resources, ...request.audiences].join(' '),
    scopes: formatScope(request.scopes),
    grantedScopes: granted,
    backend: decision?.backend,
    rule: rules.join(' ') || undefined,
    tokenId: verdict.verdict === 'permit' ? issuedId : undefined,
    durationMs: Math.round(seconds * 1000),
  };
}
