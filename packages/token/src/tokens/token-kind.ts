import type { JsonObject, JsonValue } from '@mandate/ports';
import type { TokenKind } from './verified-token.js';

/** What an issuer issues, where its tokens do not say themselves what they are (`tokens` of its record). */
export type IssuedTokens = 'access' | 'id';

/** The claims by which issuers say what a token is, each with a value: Keycloak, Cognito, AM, Curity. */
const STATED_KINDS: readonly [claim: string, value: string, kind: TokenKind][] = [
  ['typ', 'Bearer', 'access_token'],
  ['typ', 'DPoP', 'access_token'],
  ['typ', 'ID', 'id_token'],
  ['token_use', 'access', 'access_token'],
  ['token_use', 'id', 'id_token'],
  ['tokenName', 'access_token', 'access_token'],
  ['tokenName', 'id_token', 'id_token'],
  ['purpose', 'access_token', 'access_token'],
  ['purpose', 'id', 'id_token'],
];
/** The claims by which issuers say that a token is to be refreshed with, each with a value: Keycloak, Cognito, Hydra, AM. */
const REFRESH_MARKS: readonly [claim: string, value: string][] = [
  ['typ', 'Refresh'],
  ['typ', 'Offline'],
  ['token_use', 'refresh'],
  ['token_use', 'refresh_token'],
  ['tokenName', 'refresh_token'],
  ['token_type', 'refresh_token'],
];
/** Entra says by `appidacr` (1.0) and `azpacr` (2.0) how the client proved itself, in access tokens only. */
const ACCESS_TOKEN_CLAIMS = ['client_id', 'scope', 'scp', 'appidacr', 'azpacr'];
const ID_TOKEN_CLAIMS = ['nonce', 'at_hash', 'c_hash'];

/**
 * What a token is: what its header, or its issuer's own claim for that, says; else a claim that only access tokens
 * have; else one that only ID tokens have; else what its issuer issues; else `azp` tells; without it, it is any JWT.
 */
export function tokenKind(typ: string | undefined, claims: JsonObject, issued?: IssuedTokens): TokenKind {
  const hasAny = (names: readonly string[]): boolean => names.some((name) => isPresent(claims[name]));
  if (isAccessTokenType(typ)) return 'access_token';
  const stated = STATED_KINDS.find(([claim, value]) => claims[claim] === value);
  if (stated !== undefined) return stated[2];
  if (hasAny(ACCESS_TOKEN_CLAIMS)) return 'access_token';
  if (hasAny(ID_TOKEN_CLAIMS)) return 'id_token';
  if (issued !== undefined) return issued === 'access' ? 'access_token' : 'id_token';
  return isPresent(claims['azp']) ? kindByParty(claims) : 'jwt';
}

/**
 * Whether claims are those of a refresh token. It is for its issuer alone and for its client to show there, but some
 * issuers sign it as they sign access tokens, and call it active when asked.
 */
export function isRefreshToken(claims: JsonObject): boolean {
  return REFRESH_MARKS.some(([claim, value]) => claims[claim] === value);
}

/** Claims without what says of a token that it is an ID token: one that is derived from it is an access token. */
export function withoutIdTokenMarks(claims: JsonObject): JsonObject {
  const marks = STATED_KINDS.filter(([claim, value, kind]) => kind === 'id_token' && claims[claim] === value);
  if (marks.length === 0) return claims;
  return Object.fromEntries(Object.entries(claims).filter(([name]) => !marks.some(([claim]) => claim === name)));
}

/** Whether a header's `typ` is the media type of JWT access tokens (RFC 9068 section 2.1; RFC 7515 section 4.1.9). */
export function isAccessTokenType(typ: string | undefined): boolean {
  const type = typ?.toLowerCase();
  return type === 'at+jwt' || type === 'application/at+jwt';
}

/** Whether a header's `typ` says no more than that this is a JWT. */
export function isPlainType(typ: string | undefined): boolean {
  return typ === undefined || typ.toLowerCase() === 'jwt';
}

/** The client an ID token was issued to is in its `aud` (OpenID Connect Core section 2); for anybody else it is none. */
function kindByParty({ aud, azp }: JsonObject): TokenKind {
  return [aud].flat().includes(azp) ? 'id_token' : 'access_token';
}

function isPresent(value: JsonValue | undefined): boolean {
  return value !== undefined && value !== null;
}
