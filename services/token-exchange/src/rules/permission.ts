import { type Consent, type EffectiveActor, namesIdentity, readConsent } from '@mandate/oauth';
import type { Authority } from '@mandate/policy';
import type { RuleSettings } from './rule-settings.js';
import type { Question } from '../exchange/question.js';
import { type Checked, passed, refused } from './checked.js';

/**
 * Section 3, consent: `may_act` binds also without an actor token. A `may_act` of an issuer that may not assert it
 * still refuses whom it does not name, but allows nobody. The value: whether consent was given and is believed.
 */
export function checkConsent(
  { subject }: Pick<Question, 'subject'>,
  actor: EffectiveActor,
  settings: Pick<RuleSettings, 'defaultActorIssuers'>,
): Checked<boolean> {
  const bareNameIssuers = [subject.identity.iss, ...settings.defaultActorIssuers];
  const consent: Consent = readConsent(subject.claims['may_act'], actor, bareNameIssuers);
  const believed = subject.token?.trust.mayAssertMayAct ?? false;
  const facts = () => ({ may_act: consent, believed, actor: actor.sub });
  if (consent === 'malformed') return refused('may_act_malformed', "the subject token's may_act well-formed", facts);
  if (consent === 'withheld') {
    return refused('may_act_mismatch', `the subject token's may_act to name ${actor.sub}`, facts);
  }
  return passed(facts, consent === 'given' && believed);
}

/** Section 10: nobody is asked because somebody wants to ask: every rule that matches must say so. */
export function checkMayAskSubject({ mayAskSubject }: Pick<Authority, 'mayAskSubject'>): Checked {
  const facts = () => ({ mayAskSubject });
  return mayAskSubject ? passed(facts) : refused('may_not_ask_subject', 'a rule with mayAskSubject: true', facts);
}

/** Who is to be asked yet will have given consent by the time that anything is issued. */
function isAskedFirst({ origin, subject }: Pick<Question, 'origin' | 'subject'>): boolean {
  return origin === 'login_hint' && subject.token === undefined;
}

function describeConsent(isGiven: boolean, isAskedFor: boolean): string {
  if (isGiven) return 'given';
  return isAskedFor ? 'asked for' : 'not given';
}

/** Section 3, policy: the decision's `allowedActors`, and whether anything allows this actor, or an impersonation. */
export function checkPermission(
  actor: EffectiveActor,
  {
    question,
    consent,
    authority,
  }: { question: Pick<Question, 'origin' | 'subject' | 'actor'>; consent: boolean; authority: Authority },
  settings: Pick<RuleSettings, 'defaultActorIssuers' | 'impersonationDefault'>,
): Checked {
  const lists = authority.allowedActors;
  const { clientAsActor } = authority;
  const { defaultActorIssuers } = settings;
  const listed = lists.every((list) => list.some((name) => namesIdentity(name, actor, defaultActorIssuers)));
  const relation = listed ? 'include the actor' : 'do not include the actor';
  const allowedActors = lists.length === 0 ? 'the policy does not say' : relation;
  const isAsked = isAskedFirst(question);
  const facts = () => ({ actor: actor.sub, consent: describeConsent(consent, isAsked), allowedActors, clientAsActor });
  if (!listed) {
    const needs = `the rule's allowedActors to list ${actor.sub} (${actor.iss}), or its actors to describe them`;
    return refused('actor_not_allowed', needs, facts);
  }
  const allowed = consent || lists.length > 0;
  if (question.actor !== undefined) {
    return allowed || isAsked
      ? passed(facts)
      : refused(
          'no_delegation_grant',
          `a may_act or a rule's allowedActors that names ${actor.sub}, or its actors that describe them`,
          facts,
        );
  }
  if (clientAsActor) return passed(facts);
  const byDefault = settings.impersonationDefault === 'allow' || allowed;
  if (authority.impersonation ?? byDefault) return passed(facts);
  return refused('impersonation_not_allowed', 'an actor token, or a rule that allows impersonation', facts);
}
