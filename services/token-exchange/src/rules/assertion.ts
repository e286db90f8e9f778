import { matchesName } from '@mandate/oauth';
import { ASSERTION_LIFETIME_SECONDS, type Caller } from '@mandate/clients';
import type { Party } from '../exchange/question.js';
import type { VerifiedToken } from '@mandate/token';
import { isBoundTo } from './actor.js';
import { type Checked, passed, refused } from './checked.js';

/** Section 9: who may say that somebody is there; no issuer may because its tokens are accepted elsewhere. */
export function checkAssertionIssuer({ token }: Party): Checked {
  const iss = token?.issuer ?? '';
  if (token?.trust.mayAssertUsers === true) return passed(() => ({ iss }));
  return refused('assertion_not_trusted', `mayAssertUsers in the record of the issuer ${iss}`, () => ({ iss }));
}

/** Section 9: a client asserts people only where it is said whose they are, and where its record says which. */
export function checkAssertingClient(
  { clientId, client }: Caller,
  subjectIssuer: string | undefined,
): Checked<{ subjectIssuer: string }> {
  const facts = () => ({ client: clientId });
  if (subjectIssuer === undefined) {
    return refused('assertion_not_trusted', 'ASSERTED_SUBJECT_ISSUER, the issuer of whom clients assert', facts);
  }
  const { mayAssertUsers = false } = client ?? {};
  if (mayAssertUsers !== false) return passed(facts, { subjectIssuer });
  return refused('assertion_not_trusted', `mayAssertUsers in the record of the client ${clientId}`, facts);
}

/**
 * Section 9: whom a client asserts, one of the people its record names. What else it says of them counts for nothing:
 * a client that writes its own claims would meet any condition of a policy. A chain or a `may_act` stays, to be refused.
 */
export function checkAssertedSubject(
  { identity: { sub }, claims, token }: Party,
  { clientId, client }: Caller,
  subjectIssuer: string,
): Checked<Party> {
  const identity = { iss: subjectIssuer, sub };
  const { mayAssertUsers: may = false } = client ?? {};
  const facts = () => ({ ...identity, client: clientId });
  if (may === true || (may !== false && may.subs.some((pattern) => matchesName(pattern, sub)))) {
    const delegationClaims = Object.entries(claims).filter(([name]) => name === 'act' || name === 'may_act');
    return passed(facts, { identity, claims: Object.fromEntries(delegationClaims), token });
  }
  return refused('assertion_subject_not_allowed', `${sub} among mayAssertUsers of the client ${clientId}`, facts);
}

/**
 * RFC 7523 section 3: an assertion is meant for this service. An access token is meant for whom it was issued to: any
 * other client that got hold of it would act as its subject.
 */
export function checkAssertionAudience(
  { token }: Party,
  { caller, audience }: { caller: Caller; audience: readonly string[] },
): Checked {
  if (token === undefined) return passed();
  const facts = () => ({ kind: token.kind, audience: token.audience });
  if (token.kind === 'access_token') {
    if (isBoundTo(token, caller)) return passed(facts);
    return refused('assertion_wrong_audience', `an access token issued to ${caller.clientId} or for it`, facts);
  }
  if (token.audience.some((name) => audience.includes(name))) return passed(facts);
  return refused('assertion_wrong_audience', `an assertion whose aud is ${audience[0] ?? ''}`, facts);
}

/** Section 9: what a client signs lives for minutes and can be told apart from what it signed before. */
export function checkAssertionTerms({ claims, issuedAt, expiresAt }: VerifiedToken): Checked {
  const invalid = (needs: string, cause: string): Checked => ({
    ok: false,
    reason: 'assertion_invalid',
    needs,
    facts: () => ({ problem: cause }),
    cause,
  });
  if (typeof claims['jti'] !== 'string') return invalid('a jti in the assertion', 'no_jti');
  if (expiresAt - (issuedAt ?? expiresAt) <= ASSERTION_LIFETIME_SECONDS) return passed();
  return invalid(`an assertion that lives at most ${ASSERTION_LIFETIME_SECONDS} seconds`, 'lifetime_too_long');
}
