import { type EffectiveActor, sameIdentity } from '@mandate/oauth';
import { audiencesOf, type Caller, isIssuedTo } from '@mandate/clients';
import type { Authority } from '@mandate/policy';
import type { VerifiedToken } from '@mandate/token';
import type { RuleSettings } from './rule-settings.js';
import type { ExchangeRequest } from '../exchange/exchange-request.js';
import type { Party, Question } from '../exchange/question.js';
import { type Checked, passed, refused } from './checked.js';

/** Section 2.3: one token cannot speak for both sides. */
export function checkDistinctTokens({ subject, actor }: Pick<ExchangeRequest, 'subject' | 'actor'>): Checked {
  if (subject.token !== actor?.token) return passed(() => ({ actorToken: actor !== undefined }));
  return refused('same_token', 'an actor token of its own');
}

/**
 * Who acts (section 2): the actor of the question, or without one the calling client, for every check. Through which
 * client is a matter of who asks, not of whom the actor's token was issued to: an ID token need not say.
 */
export function identifyActor({ actor, caller }: Pick<Question, 'actor' | 'caller'>): Checked<EffectiveActor> {
  const { clientId, issuer, own } = caller;
  const { iss, sub } = actor?.identity ?? { iss: issuer, sub: clientId };
  const identity: EffectiveActor = { iss, sub, clientId, clientIssuer: own ? undefined : issuer };
  const facts = () => ({ iss, sub, from: actor === undefined ? 'caller' : 'actor_token' });
  const { act, act_as: actAs } = actor?.claims ?? {};
  if (act === undefined && actAs === undefined) return passed(facts, identity);
  return refused('actor_chain_splicing', 'an actor token that is not itself delegated', facts);
}

/** Section 2.3: nobody is an actor for themselves. */
export function checkActorIsNotSubject(actor: EffectiveActor, subject: Party): Checked {
  if (!sameIdentity(actor, subject.identity)) return passed();
  return refused('actor_is_subject', 'an actor other than the subject', () => ({ sub: actor.sub }));
}

/**
 * Section 2.1: an actor access token must be issued to the caller, or have it in its audience, unless the rule lets a
 * third party act; ID tokens may have any audience.
 */
export function checkActorBinding(
  { actor, caller }: Pick<Question, 'actor' | 'caller'>,
  { thirdPartyActor }: Pick<Authority, 'thirdPartyActor'>,
  { actorTokenBinding }: Pick<RuleSettings, 'actorTokenBinding'>,
): Checked {
  const token = actor?.token;
  const required =
    token !== undefined && token.kind !== 'id_token' && actorTokenBinding === 'caller' && !thirdPartyActor;
  if (!required) return passed(() => ({ required }));
  const facts = () => ({ required, caller: caller.clientId });
  if (isBoundTo(token, caller)) return passed(facts);
  return refused('actor_not_bound_to_caller', `an actor token issued to ${caller.clientId} or for it`, facts);
}

/**
 * Whether a token was issued to the caller or has it in its audience. A client of ours has the same id where another
 * issuer knows it; a client of another issuer is named by that issuer alone, and is no client of ours of the same id.
 */
export function isBoundTo(token: VerifiedToken, caller: Caller): boolean {
  if (isIssuedTo(token, caller)) return true;
  if (!caller.own && token.issuer !== caller.issuer) return false;
  const isKnownThere = !token.trust.own && token.clientId === caller.clientId;
  return isKnownThere || audiencesOf(caller).some((name) => token.audience.includes(name));
}
