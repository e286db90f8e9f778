import { type JsonObject, isJsonObject, parseStrictJson } from '@mandate/ports';
import { scrubTokens } from '@mandate/service-kit';
import type { ExchangeVerdict } from './exchange-token.js';

/**
 * What `POST /service/explain` answers (docs/delegation.md section 7): the checks in the order evaluated, what
 * decided, the would-be claims on a permit, and on a deny what would have to change.
 */
export function renderExplanation(verdict: ExchangeVerdict): JsonObject {
  const decided = verdict.record.decision;
  const rules = decided && 'rules' in decided.decision ? decided.decision.rules : [];
  return plainJson({
    verdict: verdict.verdict,
    ...outcomeOf(verdict),
    checks: verdict.checks,
    ...(decided && { decision: { backend: decided.backend ?? null, rule: rules.join(', ') || null } }),
  });
}

function outcomeOf(verdict: ExchangeVerdict): object {
  switch (verdict.verdict) {
    case 'permit':
      return { claims: verdict.claims };
    case 'deny':
      return { reason: verdict.reason, needs: [verdict.needs] };
    case 'error':
      return { reason: 'dependency_failed', needs: [`${verdict.failure.dependency} to answer`] };
  }
}

/** A token that stood where a scope or a target belongs is not repeated (docs/security.md S5). */
function plainJson(value: object): JsonObject {
  const parsed = parseStrictJson(scrubTokens(JSON.stringify(value)), { maxDepth: 200 });
  return isJsonObject(parsed) ? parsed : {};
}
