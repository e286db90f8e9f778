import { type ActClaim, actorsOf } from '@mandate/oauth';
import { type Authority, type ChainDecision, type PolicyRequest, combineGrants } from '@mandate/policy';
import type { DelegationSettings } from '../exchange/delegation-settings.js';
import type { Party, Question, TokenReader } from '../exchange/question.js';
import { type Checked, type Facts, passed, refused } from './checked.js';

/** The question the policy is asked: verified claims and identities, never a token. */
export function policyRequest(
  { caller, terms, subject, actor }: Question,
  inbound: ActClaim | undefined,
): PolicyRequest {
  const party = ({ identity, claims }: Party) => ({ ...identity, claims });
  return {
    subject: party(subject),
    actor: actor === undefined ? null : party(actor),
    chain: actorsOf(inbound),
    client: {
      id: caller.clientId,
      iss: caller.issuer,
      own: caller.own,
      scopes: caller.scopes,
      attributes: caller.attributes,
    },
    resources: terms.resources,
    audiences: terms.audiences,
    scopes: terms.scopes,
    requestedTokenType: terms.requestedTokenType,
  };
}

/** The authority a decision grants, all its grants taken together; anything but a permit is a refusal. */
export function checkDecision(
  { decision, consulted, backend }: ChainDecision,
  { terms }: Pick<Question, 'terms'>,
  { severalTargets }: Pick<DelegationSettings, 'severalTargets'>,
): Checked<Authority> {
  const consultation = () => ({
    backends: consulted.map((one) => `${one.backend}: ${one.outcome}`),
    backend: backend ?? null,
  });
  switch (decision.outcome) {
    case 'not_applicable': {
      const targets = decision.uncovered ?? [];
      const needs = targets.length > 0 ? `a rule that covers ${targets.join(', ')}` : 'a resource or audience';
      return refused('no_policy_applies', needs, () => ({ ...consultation(), uncovered: targets }));
    }
    case 'deny':
      return refused('policy_denied', `rule ${decision.rules.join(', ')} not to deny`, () => ({
        ...consultation(),
        rules: decision.rules,
      }));
    case 'permit': {
      const combined = combineGrants(decision.grants, terms, { severalTargets });
      const facts = () => ({ ...consultation(), rules: decision.rules });
      if (combined.ok) {
        const { authority } = combined;
        return passed(() => ({ ...facts(), audiences: authority.audiences, ...unitedFacts(authority) }), authority);
      }
      const needs =
        combined.reason === 'ambiguous_targets' ? 'one request per target' : 'rules that agree on additional claims';
      return refused(combined.reason, needs, () => ({ ...facts(), ...combined.facts }));
    }
  }
}

/** Which scope of one token for several targets comes from which. */
function unitedFacts({ unitedScopes }: Authority): Facts {
  if (unitedScopes === undefined) return {};
  const united = Object.entries(unitedScopes).map(([audience, scopes]) => `${audience}: ${scopes.join(' ')}`);
  return { unitedScopes: united };
}

/** What one backend alone may permit is not permitted by another, wherever that stands in the list. */
export function checkDecider({ backend, decision }: ChainDecision, { name, onlyBackend }: TokenReader): Checked {
  const facts = () => ({ readBy: name, backend: backend ?? null });
  if (onlyBackend === undefined || onlyBackend === backend || decision.outcome !== 'permit') return passed(facts);
  return refused('subject_token_invalid', `a JWT, or a decision of ${onlyBackend}`, facts);
}
