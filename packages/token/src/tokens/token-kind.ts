import type { JsonObject } from '@mandate/ports';
import type { TokenKind } from './verified-token.js';

const ACCESS_TOKEN_CLAIMS = ['client_id', 'scope', 'scp'];
const ID_TOKEN_CLAIMS = ['nonce', 'at_hash', 'c_hash', 'azp'];

/** What a token is: `typ: at+jwt` or a claim only access tokens have; else a claim only ID tokens have; else a JWT. */
export function tokenKind(typ: string | undefined, claims: JsonObject): TokenKind {
  const hasAny = (names: readonly string[]): boolean => names.some((name) => Object.hasOwn(claims, name));
  if (isAccessTokenType(typ) || hasAny(ACCESS_TOKEN_CLAIMS)) return 'access_token';
  return hasAny(ID_TOKEN_CLAIMS) ? 'id_token' : 'jwt';
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
