import { type Delegation, type DelegationStore, digestOf } from '@mandate/delegations';
import type { EffectiveActor } from '@mandate/oauth';
import type { RuleSettings } from './rule-settings.js';
import type { Question } from '../exchange/question.js';
import type { IssuedToken } from '../issue/token-claims.js';
import { longestLife } from './attenuation.js';
import { type Checked, passed, refused } from './checked.js';
import { beginsDelegation } from './lineage.js';

/** A token, and the delegation that begins with it. */
export interface Begun {
  token: IssuedToken;
  begun: Delegation | undefined;
}

/** The token as one of the delegation that it begins, where it begins one. */
export function beginDelegation(
  question: Question,
  { actor, token }: { actor: EffectiveActor; token: IssuedToken },
  settings: RuleSettings,
): Begun {
  if (!beginsDelegation(question, settings)) return { token, begun: undefined };
  const begun = newDelegation(question, { actor, token }, settings);
  return { token: { ...token, lineage: { ...token.lineage, grantId: begun.id } }, begun };
}

/**
 * The same for the same foreign token, parties, scopes and places, so that what was ended stays ended. Its name is ours
 * to say: by one of the other issuer's choice it could have the delegations of others ended.
 */
function newDelegation(
  question: Question,
  { actor, token }: { actor: EffectiveActor; token: IssuedToken },
  settings: RuleSettings,
): Delegation {
  const { caller, terms } = question;
  const { iss, sub } = actor;
  const { scopes, lineage, issuedAt } = token;
  const subject = question.subject.identity;
  const locations = [...new Set([...terms.resources, ...terms.audiences])];
  const client = [caller.issuer, caller.clientId];
  const named = [lineage.grantId, subject.iss, subject.sub, iss, sub, client, scopes.toSorted(), locations.toSorted()];
  return {
    id: digestOf(JSON.stringify(['delegation', ...named])),
    subject,
    actor: question.actor === undefined && caller.own ? { clientId: caller.clientId } : { iss, sub },
    clientId: caller.clientId,
    ...(!caller.own && { clientIssuer: caller.issuer }),
    scopes,
    locations,
    created: issuedAt,
    until: Math.max(token.expiresAt, longestLife(question, settings)),
    used: 0,
    origin: 'exchange',
  };
}

/**
 * Records it before anybody has its token; an explanation only looks whether it was ended.
 * @throws UpstreamError when that cannot be told.
 */
export async function checkRecord(
  begun: Delegation,
  delegations: DelegationStore,
  { record }: { record: boolean },
): Promise<Checked<Delegation>> {
  const { id } = begun;
  const known = record ? undefined : await delegations.find(id);
  const isEnded = record ? (await delegations.record(begun)) === 'ended' : known?.ended !== undefined;
  const facts = () => ({ delegation: id, until: begun.until });
  return isEnded ? refused('delegation_ended', 'a delegation that has not ended', facts) : passed(facts, begun);
}
