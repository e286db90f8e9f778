import { type Agreement, ACT_ON_BEHALF, type DelegationStore, readAgreement, usesLeft } from '@mandate/delegations';
import { excessScopes, intersectScopes } from '@mandate/oauth';
import type { Authority } from '@mandate/policy';
import { isJsonObject, type JsonObject, type JsonValue } from '@mandate/ports';
import { grantIdOf } from '@mandate/token';
import type { Party, Question, Terms } from '../exchange/question.js';
import type { IssuedToken } from '../issue/token-claims.js';
import { type Checked, type Facts, passed, refused } from './checked.js';

/** What a person agreed to, and the delegation that came of it. */
export interface AgreedDelegation {
  id: string;
  agreement: Agreement;
}

const DETAILS = 'authorization_details';

function isAgreement(detail: JsonValue): boolean {
  return isJsonObject(detail) && detail['type'] === ACT_ON_BEHALF;
}

/** Of our own issuers alone: nobody else's people agree to anything here. */
function agreedDetails({ token, claims }: Party): JsonValue[] {
  const details = claims[DETAILS];
  if (token?.trust.own !== true || !Array.isArray(details)) return [];
  return details.filter(isAgreement);
}

/** Claims that a token takes over, without agreements: what another issuer calls one is none under our signature. */
export function withoutAgreements(carried: JsonObject): JsonObject {
  const { [DETAILS]: details, ...others } = carried;
  if (!Array.isArray(details) || !details.some(isAgreement)) return carried;
  const left = details.filter((detail) => !isAgreement(detail));
  return left.length === 0 ? others : { ...others, [DETAILS]: left };
}

/** The delegation that a party's token comes of; `undefined` where nobody agreed to anything. */
export function delegationOf(party: Party): string | undefined {
  return party.token === undefined || agreedDetails(party).length === 0 ? undefined : grantIdOf(party.token);
}

/** Whether one of the tokens comes of an agreement, and section 10 applies. */
export function isAgreed({ subject, actor }: Pick<Question, 'subject' | 'actor'>): boolean {
  return [subject, actor].some((party) => party !== undefined && agreedDetails(party).length > 0);
}

/** Section 10: what is asked for is what the person agreed to: these places, these scopes, this purpose. */
export function checkAgreement({ subject, actor, terms }: Question): Checked<AgreedDelegation> {
  if (actor !== undefined && agreedDetails(actor).length > 0) {
    return refused('outside_agreement', "an actor token of the actor's own: this one was agreed to for another to act");
  }
  const id = delegationOf(subject) ?? '';
  const [detail, ...others] = agreedDetails(subject);
  const agreement = others.length === 0 ? readAgreement(detail) : undefined;
  if (agreement === undefined) {
    return refused('outside_agreement', 'one agreement in the subject token, and one that can be read', () => ({
      delegation: id,
    }));
  }
  const facts = () => ({ ...factsOf(id, agreement), requested: terms.scopes });
  const needs = whatIsOutside(agreement, terms);
  return needs === undefined ? passed(facts, { id, agreement }) : refused('outside_agreement', needs, facts);
}

/**
 * Section 10: what the person is asked, when everything else permits: this actor, these scopes, these places, those of
 * embedded tokens among them.
 */
export function agreementToAsk(
  { actor, terms }: Question,
  { scopes, embedded }: Pick<IssuedToken, 'scopes' | 'embedded'>,
): Checked<Agreement> {
  if (actor === undefined || scopes.length === 0) return refused('scope_not_allowed', 'a scope to ask the person for');
  const { resources, audiences, purpose } = terms;
  const inside = embedded.flatMap(({ token }) => token.audiences);
  const agreement: Agreement = {
    actor: actor.identity,
    scopes,
    locations: [...new Set([...resources, ...audiences, ...inside])],
    ...(purpose !== undefined && { purpose }),
  };
  const { iss, sub } = actor.identity;
  const then = 'the person is asked for this, and all of it is decided again with the token of their consent';
  return passed(() => ({ actor: [iss, sub], scopes, locations: agreement.locations, then }), agreement);
}

/** Section 10: the token of a consent is one of our own, and for whoever was to act. */
export function checkAgreedActor(subject: Party, { identity }: Party): Checked {
  const [detail] = agreedDetails(subject);
  const { actor } = readAgreement(detail) ?? {};
  const isAgreed = actor !== undefined && 'sub' in actor && actor.iss === identity.iss && actor.sub === identity.sub;
  if (isAgreed) return passed();
  return refused('outside_agreement', `a token of our own issuers that names ${identity.sub} as agreed to`);
}

function factsOf(id: string, { scopes, locations, until, uses, purpose }: Agreement): Facts {
  return {
    delegation: id,
    scopes,
    locations,
    until: until ?? null,
    uses: uses ?? null,
    purpose: purpose === undefined ? 'not agreed' : 'agreed',
  };
}

/** What would have to be otherwise for the terms to be within the agreement. */
function whatIsOutside({ scopes, locations, purpose }: Agreement, terms: Terms): string | undefined {
  const targets = [...terms.resources, ...terms.audiences];
  if (targets.length === 0) return 'a request that names one of the locations agreed to';
  const elsewhere = needsPlaces({ locations }, targets);
  if (elsewhere !== undefined) return elsewhere;
  const excess = terms.narrow ? [] : excessScopes(terms.scopes, scopes);
  if (excess.length > 0) return `an agreement that has scope ${excess.join(' ')}`;
  return purpose === undefined || purpose === terms.purpose ? undefined : 'the purpose as it was agreed to';
}

/** What would have to be otherwise for a token to go to these places; `undefined` where the person agreed to them all. */
export function needsPlaces(
  { locations }: Pick<Agreement, 'locations'>,
  places: readonly string[],
): string | undefined {
  const elsewhere = places.filter((place) => !locations.includes(place));
  return elsewhere.length === 0 ? undefined : `an agreement that has the location ${elsewhere.join(' ')}`;
}

/** Section 10: a person cannot agree to what policy forbids, and policy cannot give what they did not agree to. */
export function boundAuthority(authority: Authority, agreed: AgreedDelegation, now: number): Checked<Authority> {
  const { scopes, until = Infinity } = agreed.agreement;
  const { scopes: granted = scopes, expirationSeconds = Infinity } = authority;
  const both = intersectScopes(granted, scopes);
  const facts = () => ({ agreed: scopes, policy: authority.scopes ?? null });
  if (both.length === 0 && granted.length > 0) {
    return refused('outside_agreement', `an agreement that has one of the scopes ${granted.join(' ')}`, facts);
  }
  const seconds = Math.min(expirationSeconds, until - now);
  const expiration = seconds === Infinity ? {} : { expirationSeconds: seconds };
  return passed(facts, { ...authority, scopes: both, ...expiration });
}

/**
 * Section 10: an exchange that is about to be permitted uses the delegation once; an explanation only looks whether it
 * could. @throws UpstreamError when it cannot be told whether a use is left.
 */
export async function checkUses(
  { id }: AgreedDelegation,
  delegations: DelegationStore,
  { spend }: { spend: boolean },
): Promise<Checked> {
  const outcome = spend ? await delegations.spend(id) : usesLeft(await delegations.find(id));
  const facts = () => ({ delegation: id, outcome });
  switch (outcome) {
    case 'spent':
      return passed(facts);
    case 'used_up':
      return refused('delegation_used_up', 'an agreement that may be used once more', facts);
    case 'ended':
    case 'unknown':
      return refused('delegation_ended', 'a delegation that has not ended', facts);
  }
}
