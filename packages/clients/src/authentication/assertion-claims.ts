import { hash } from 'node:crypto';
import type { JsonObject, JsonValue } from '@mandate/ports';
import { type CompactJws, type RegisteredClaims, isPlainType, readRegisteredClaims, tokenKind } from '@mandate/token';

/** What `aud` of an assertion may be (`ASSERTION_AUDIENCE`). */
export interface AssertionAudience {
  /** Our own name; alone and as a string it is always accepted (RFC 7523bis section 4). */
  issuer: string;
  /** Further names, and with them a list of names: `compat`. None: `strict`. */
  endpoints: readonly string[];
}

/** The claims of an assertion that can be used. */
export interface AssertionClaims {
  clientId: string;
  /** Epoch seconds from which it is not accepted any more: `exp` and the skew. */
  usableUntil: number;
  /** What is used up with it: a digest of client and `jti`. */
  replayKey: string;
}

export type AssertionRefusal =
  | ('wrong_type' | 'bad_claim' | 'no_expiry' | 'no_jti' | 'wrong_subject' | 'wrong_audience')
  | ('expired' | 'not_yet_valid' | 'lifetime_too_long');

export type AssertionResult = { ok: true; claims: AssertionClaims } | { ok: false; reason: AssertionRefusal };

/** How long a JWT by which a client asserts somebody may live. */
export const MAX_LIFETIME_SECONDS = 300;
/** How far the clock of a client may be off, in either direction. */
export const SKEW_SECONDS = 30;
/** RFC 7523bis section 4: an explicit type, so that nothing else a client signs passes for an assertion. */
const ASSERTION_TYPE = /^(?:application\/)?client-authentication\+jwt$/i;

/** What assertions must be like. `maxLifetimeSeconds`: from `iat`, or from now where there is none, to `exp`. */
export interface AssertionRules {
  audience: AssertionAudience;
  maxLifetimeSeconds: number;
}

/** Checks the claims of a client assertion (RFC 7523 section 3, OpenID Connect Core section 9). `now` in epoch seconds. */
export function checkAssertionClaims(
  { header, claims }: CompactJws,
  { audience, maxLifetimeSeconds, now }: AssertionRules & { now: number },
): AssertionResult {
  if (!isAssertion(header.typ, claims)) return refuse('wrong_type');
  const result = readRegisteredClaims(claims);
  if (!result.ok) return refuse(result.reason === 'no_expiry' ? 'no_expiry' : 'bad_claim');
  const { subject: clientId, jwtId, expiresAt } = result.claims;
  if (clientId === undefined || claims['iss'] !== clientId) return refuse('wrong_subject');
  if (jwtId === undefined) return refuse('no_jti');
  if (!isAccepted(claims['aud'], audience)) return refuse('wrong_audience');
  const refusal = checkTimes(result.claims, { maxLifetimeSeconds, now });
  if (refusal !== undefined) return refuse(refusal);
  return {
    ok: true,
    claims: { clientId, usableUntil: expiresAt + SKEW_SECONDS, replayKey: replayKeyOf(clientId, jwtId) },
  };
}

function checkTimes(
  { expiresAt, notBefore, issuedAt }: RegisteredClaims,
  { maxLifetimeSeconds, now }: Pick<AssertionRules, 'maxLifetimeSeconds'> & { now: number },
): AssertionRefusal | undefined {
  if (now >= expiresAt + SKEW_SECONDS) return 'expired';
  if (Math.max(notBefore ?? 0, issuedAt ?? 0) > now + SKEW_SECONDS) return 'not_yet_valid';
  return expiresAt - (issuedAt ?? now) > maxLifetimeSeconds ? 'lifetime_too_long' : undefined;
}

/** Whether it says that it is an assertion, or at least nothing that says it is something else (CA-61). */
function isAssertion(typ: string | undefined, claims: JsonObject): boolean {
  if (ASSERTION_TYPE.test(typ ?? '')) return true;
  return isPlainType(typ) && tokenKind(typ, claims) === 'jwt' && !Object.hasOwn(claims, 'events');
}

/** Every name must be ours: an assertion that another server may use as well could be replayed here by that server. */
function isAccepted(aud: JsonValue | undefined, { issuer, endpoints }: AssertionAudience): boolean {
  if (endpoints.length === 0) return aud === issuer;
  const names = Array.isArray(aud) ? aud : [aud];
  const ownNames: readonly unknown[] = [issuer, ...endpoints];
  return names.length > 0 && names.every((name) => ownNames.includes(name));
}

/** What of a JWT that a client signed is used up, wherever it is shown. JSON keeps the two apart. */
export function replayKeyOf(clientId: string, jwtId: string): string {
  return hash('sha256', JSON.stringify([clientId, jwtId]), 'base64url');
}

function refuse(reason: AssertionRefusal): AssertionResult {
  return { ok: false, reason };
}
