import type { ActClaim, EffectiveActor, Identity } from '@mandate/oauth';
import type { Authority } from '@mandate/policy';
import type { RuleSettings } from './rule-settings.js';
import type { Question } from '../exchange/question.js';
import type { IssuedToken } from '../issue/token-claims.js';
import { type Checked, passed, refused } from './checked.js';

/** Section 9: whom somebody wants to act as, by a name that is one of the issuer configured for it. */
export function checkNamedSubject(name: string, issuer: string | undefined): Checked<Identity> {
  if (issuer !== undefined) return passed(() => ({ iss: issuer, sub: name }), { iss: issuer, sub: name });
  return refused('act_as_not_allowed', 'ACT_AS_SUBJECT_ISSUER, the issuer of whom parties act as');
}

/** Section 9: nobody's token says that this is allowed, so that every rule must, and must list who acts. */
export function checkActAs(
  { origin }: Pick<Question, 'origin'>,
  { actAs, allowedActors }: Pick<Authority, 'actAs' | 'allowedActors'>,
): Checked {
  if (origin !== 'act_as') return passed();
  const facts = () => ({ actAs, listed: allowedActors.length > 0 });
  if (!actAs) return refused('act_as_not_allowed', 'a rule with actAs: true', facts);
  if (allowedActors.length > 0) return passed(facts);
  return refused('actor_not_allowed', 'allowedActors in the rule, or actors', facts);
}

/** Who stands where in the token: the subject in `sub` and who acts in `act`, or who acts in `sub` and the subject beside. */
export function placeParties(
  { origin, subject }: Pick<Question, 'origin' | 'subject'>,
  parties: { actor: EffectiveActor; act: ActClaim | undefined; inboundActAs: ActClaim | undefined },
  { form, actClaims }: { form: RuleSettings['actAsForm']; actClaims: RuleSettings['actClaims'] },
): Pick<IssuedToken, 'subject' | 'act' | 'actAs'> {
  const { actor, act, inboundActAs } = parties;
  if (origin !== 'act_as' || form === 'act') return { subject: subject.identity, act, actAs: inboundActAs };
  const { iss, sub } = subject.identity;
  const actAs = { sub, ...(actClaims === 'iss+sub' && { iss }) };
  return { subject: { iss: actor.iss, sub: actor.sub }, act: undefined, actAs };
}
