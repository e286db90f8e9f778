import { type ActClaim, actorsOf } from '@mandate/oauth';
import type { Caller } from '@mandate/clients';
import { type Authority, type ChainDecision, type PolicyRequest, combineGrants } from '@mandate/policy';
import type { ExchangeRequest } from '../exchange-request.js';
import { type Checked, passed, refused } from '../trail.js';
import type { TokenOfExchange } from './presented-tokens.js';

/** The question the policy is asked: verified claims and identities, never a token. */
export function policyRequest(
  request: ExchangeRequest,
  caller: Caller,
  known: { subject: TokenOfExchange; actor: TokenOfExchange | undefined; inbound: ActClaim | undefined },
): PolicyRequest {
  const party = ({ identity, claims }: TokenOfExchange) => ({ ...identity, claims });
  return {
    subject: party(known.subject),
    actor: known.actor === undefined ? null : party(known.actor),
    chain: actorsOf(known.inbound),
    client: { id: caller.clientId, scopes: caller.scopes, attributes: caller.attributes },
    resources: request.resources,
    audiences: request.audiences,
    scopes: request.scopes,
    requestedTokenType: request.requestedTokenType,
  };
}

/** The authority a decision grants, all its grants taken together; anything but a permit is a refusal. */
export function checkDecision(
  { decision, consulted, backend }: ChainDecision,
  question: PolicyRequest,
): Checked<Authority> {
  const asked = { backends: consulted.map((one) => `${one.backend}: ${one.outcome}`), backend: backend ?? null };
  switch (decision.outcome) {
    case 'not_applicable': {
      const targets = decision.uncovered ?? [];
      const needs = targets.length > 0 ? `a rule that covers ${targets.join(', ')}` : 'a resource or audience';
      return refused('no_policy_applies', needs, { ...asked, uncovered: targets });
    }
    case 'deny':
      return refused('policy_denied', `rule ${decision.rules.join(', ')} not to deny`, {
        ...asked,
        rules: decision.rules,
      });
    case 'permit': {
      const combined = combineGrants(decision.grants, question);
      const facts = { ...asked, rules: decision.rules };
      if (combined.ok) return passed({ ...facts, audiences: combined.authority.audiences }, combined.authority);
      const needs =
        combined.reason === 'ambiguous_targets' ? 'one request per target' : 'rules that agree on additional claims';
      return refused(combined.reason, needs, { ...facts, ...combined.facts });
    }
  }
}
