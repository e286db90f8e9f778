import type { JsonObject, JsonValue } from '@mandate/ports';
import { scrubTokens } from '@mandate/service-kit';
import type { ExchangeVerdict, PermittedToken } from '../exchange/decide-exchange.js';
import { renderClaims } from '../issue/token-claims.js';
import type { CheckRecord } from './decision-record.js';

/**
 * What `POST /service/explain` answers (docs/delegation.md section 7): the checks in the order evaluated, what
 * decided, the would-be claims on a permit, and on a deny what would have to change.
 */
export function renderExplanation(verdict: ExchangeVerdict): JsonObject {
  const { checks, decision } = verdict.record;
  return withoutTokens({
    verdict: verdict.verdict,
    ...renderOutcome(verdict),
    checks: checks.map(renderCheck),
    ...(decision && { decision: renderDecision(decision) }),
  });
}

function renderDecision({ backend, decision }: NonNullable<ExchangeVerdict['record']['decision']>): JsonObject {
  const rules = 'rules' in decision ? decision.rules : [];
  const { id, labels } = decision;
  return {
    backend: backend ?? null,
    rule: rules.join(', ') || null,
    ...(id !== undefined && { id }),
    ...(labels && { labels: { ...labels } }),
  };
}

/** An embedded token is told by its claims, as the token is. */
function explainedClaims({ token, claims }: PermittedToken): JsonObject {
  const inside = token.embedded.map(({ claim, token: embedded }) => [claim, renderClaims(embedded)]);
  return { ...claims, ...(Object.fromEntries(inside) as JsonObject) };
}

function renderOutcome(verdict: ExchangeVerdict): JsonObject {
  switch (verdict.verdict) {
    case 'permit':
      return { claims: explainedClaims(verdict) };
    case 'deny':
      return { reason: verdict.reason, needs: [...verdict.needs] };
    case 'error':
      return { reason: 'dependency_failed', needs: [`${verdict.failure.dependency} to answer`] };
  }
}

function renderCheck({ check, reason, facts }: CheckRecord): JsonObject {
  return {
    check,
    outcome: reason === undefined ? 'pass' : 'fail',
    ...(reason !== undefined && { reason }),
    facts: { ...facts() } as JsonObject,
  };
}

/** A token that stood where a scope or a target belongs is not repeated (docs/security.md S5). */
function withoutTokens<T extends JsonValue>(value: T): T;
function withoutTokens(value: JsonValue): JsonValue {
  if (typeof value === 'string') return scrubTokens(value);
  if (Array.isArray(value)) return value.map(withoutTokens);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [scrubTokens(name), withoutTokens(member)]));
}
