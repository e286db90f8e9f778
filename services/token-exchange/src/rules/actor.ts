import { type EffectiveActor, sameIdentity } from '@mandate/oauth';
import { audiencesOf, type Caller } from '@mandate/clients';
import type { DelegationSettings } from '../delegation-settings.js';
import type { ExchangeRequest } from '../exchange-request.js';
import { type Checked, passed, refused } from '../trail.js';
import type { TokenOfExchange } from './presented-tokens.js';

/** Section 2.3: one token cannot speak for both sides. */
export function checkDistinctTokens({ subject, actor }: ExchangeRequest): Checked {
  if (subject.token !== actor?.token) return passed({ actorToken: actor !== undefined });
  return refused('same_token', 'an actor token of its own');
}

/** Who acts (section 2): the actor token's subject, or without one the calling client, for every check. */
export function identifyActor(
  actor: TokenOfExchange | undefined,
  caller: Caller,
  settings: Pick<DelegationSettings, 'issuer'>,
): Checked<EffectiveActor> {
  const { clientId } = caller;
  const identity =
    actor === undefined
      ? { iss: caller.bearer?.issuer ?? settings.issuer, sub: clientId, clientId }
      : { ...actor.identity, clientId: actor.clientId };
  const facts = { iss: identity.iss, sub: identity.sub, from: actor === undefined ? 'caller' : 'actor_token' };
  if (actor?.claims['act'] === undefined) return passed(facts, identity);
  return refused('actor_chain_splicing', 'an actor token that is not itself delegated', facts);
}

/** Section 2.3: nobody is an actor for themselves. */
export function checkActorIsNotSubject(actor: EffectiveActor, subject: TokenOfExchange): Checked {
  if (!sameIdentity(actor, subject.identity)) return passed();
  return refused('actor_is_subject', 'an actor other than the subject', { sub: actor.sub });
}

/**
 * Section 2.1: an actor access token must be issued to the caller, or have it in its audience, unless the rule lets a
 * third party act; ID tokens may have any audience.
 */
export function checkActorBinding(
  actor: TokenOfExchange | undefined,
  caller: Caller,
  terms: { actorTokenBinding: DelegationSettings['actorTokenBinding']; thirdPartyActor: boolean },
): Checked {
  if (actor === undefined || actor.kind === 'id_token') return passed({ required: false });
  if (terms.actorTokenBinding === 'ims' || terms.thirdPartyActor) return passed({ required: false });
  const facts = { required: true, caller: caller.clientId };
  if (isBoundTo(actor, caller)) return passed(facts);
  return refused('actor_not_bound_to_caller', `an actor token issued to ${caller.clientId} or for it`, facts);
}

/** Whether a token was issued to the caller or has it in its audience. */
export function isBoundTo(token: TokenOfExchange, caller: Caller): boolean {
  return token.clientId === caller.clientId || audiencesOf(caller).some((name) => token.audience.includes(name));
}
