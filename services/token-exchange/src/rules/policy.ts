import { type ActClaim, actorsOf } from '@mandate/oauth';
import {
  type Authority,
  type ChainDecision,
  type PolicyDecision,
  type PolicyRequest,
  type UnmetRule,
  combineGrants,
} from '@mandate/policy';
import type { RuleSettings } from './rule-settings.js';
import type { Party, Question, Terms, TokenReader } from '../exchange/question.js';
import { type Checked, type Facts, type LazyFacts, passed, refused } from './checked.js';

/** The question the policy is asked: verified claims and identities, never a token. */
export function policyRequest(
  { origin, caller, terms, subject, actor }: Question,
  inbound: ActClaim | undefined,
): PolicyRequest {
  const party = ({ identity: { iss, sub }, claims }: Party) => ({ iss, sub, claims });
  return {
    origin,
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
  { severalTargets }: Pick<RuleSettings, 'severalTargets'>,
): Checked<Authority> {
  const consultation = () => ({
    backends: consulted.map((one) => `${one.backend}: ${one.outcome}`),
    backend: backend ?? null,
    ...(terms.targetsFrom === 'client' && { defaultTargets: [...terms.resources, ...terms.audiences] }),
  });
  switch (decision.outcome) {
    case 'not_applicable':
      return refuseUncovered(decision, terms, consultation);
    case 'deny': {
      const { rules, reason: says = '' } = decision;
      const needs = `rule ${rules.join(', ')} not to deny${says === '' ? '' : `; it says: ${says}`}`;
      return refused('policy_denied', needs, () => ({ ...consultation(), rules, says }));
    }
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

const A_TARGET = 'a resource or audience, or defaultTargets in the record of the client';

/** Nobody decided: for want of a target, of a rule for one, or of a condition of the rules there are. */
function refuseUncovered(
  { uncovered = [], unmet = [] }: Extract<PolicyDecision, { outcome: 'not_applicable' }>,
  { resources, audiences }: Terms,
  consultation: LazyFacts,
): Checked<never> {
  const facts = (): Facts => {
    const covering = unmet.map(({ rule, conditions }) => `${rule} (${conditions.join(', ')})`);
    return { ...consultation(), uncovered, unmet: covering };
  };
  if (resources.length + audiences.length === 0) {
    return refused('no_target', [A_TARGET, ...unmet.map(describeUnmet)].join('; or '), facts);
  }
  return refused('no_policy_applies', uncovered.map((target) => needsAt(target, unmet)).join('; '), facts);
}

/** A rule is missing only where none covers the target: of those that do, a condition is in the way. */
function needsAt(name: string, unmet: readonly UnmetRule[]): string {
  const covering = unmet.filter(({ target }) => target === undefined || target === name).map(describeUnmet);
  return covering.length === 0 ? `a rule that covers ${name}` : covering.join('; or ');
}

function describeUnmet({ rule, target, conditions }: UnmetRule): string {
  const covers = target === undefined ? '' : `, which covers ${target},`;
  return `the condition ${conditions.join(', ')} of rule ${rule}${covers} to hold`;
}

/** What one backend alone may permit is not permitted by another, wherever that stands in the list. */
export function checkDecider({ backend, decision }: ChainDecision, { name, onlyBackend }: TokenReader): Checked {
  const facts = () => ({ readBy: name, backend: backend ?? null });
  if (onlyBackend === undefined || onlyBackend === backend || decision.outcome !== 'permit') return passed(facts);
  return refused('subject_token_invalid', `a JWT, or a decision of ${onlyBackend}`, facts);
}
