import { type JsonObject, type JsonValue, isJsonObject } from '@mandate/ports';
import { scopesOfClaims } from '@mandate/oauth';
import type { TokenRefusal } from './verified-token.js';

/** The last second of the year 9999, the latest time accepted anywhere in a token (docs/security.md T12). */
const MAX_TIME = 253_402_300_799;

const OPTIONAL_NAMES = ['sub', 'jti', 'client_id', 'azp', 'cid'] as const;

/** When a token is good, in whole epoch seconds. */
export interface TokenTimes {
  expiresAt: number;
  notBefore: number | undefined;
  issuedAt: number | undefined;
}

/** The registered claims of a token after a check of their types. */
export interface RegisteredClaims extends TokenTimes {
  subject: string | undefined;
  clientId: string | undefined;
  scopes: readonly string[] | undefined;
  audience: readonly string[];
  jwtId: string | undefined;
}

export type ClaimsResult = { ok: true; claims: RegisteredClaims } | { ok: false; reason: TokenRefusal };

/**
 * Reads the registered claims of RFC 7519 section 4.1 out of claims in the form of `normalClaims`, or of our own making,
 * and refuses any of another type, whether needed or not.
 */
export function readRegisteredClaims(claims: JsonObject): ClaimsResult {
  if (claims['exp'] === undefined) return { ok: false, reason: 'no_expiry' };
  const audience = readAudience(claims['aud']);
  const scopes = scopesOfClaims(claims);
  if (audience === undefined || scopes === null || !hasValidTypes(claims)) return { ok: false, reason: 'bad_claim' };
  const { sub, client_id: clientId, azp, cid, exp, nbf, iat, jti } = claims;
  return {
    ok: true,
    claims: {
      subject: sub,
      clientId: clientId ?? azp ?? cid,
      scopes,
      audience,
      expiresAt: exp,
      notBefore: nbf,
      issuedAt: iat,
      jwtId: jti,
    },
  };
}

type TypedClaims = JsonObject &
  Partial<Record<(typeof OPTIONAL_NAMES)[number], string>> & { exp: number; nbf?: number; iat?: number };

function hasValidTypes(claims: JsonObject): claims is TypedClaims {
  const { exp, nbf, iat, cnf } = claims;
  const timesAreValid = isTime(exp) && (nbf === undefined || isTime(nbf)) && (iat === undefined || isTime(iat));
  return (
    timesAreValid && (cnf === undefined || isJsonObject(cnf)) && OPTIONAL_NAMES.every((name) => isName(claims[name]))
  );
}

/** Whether a claim is absent, or names something. */
function isName(value: JsonValue | undefined): boolean {
  return value === undefined || (typeof value === 'string' && value !== '');
}

function readAudience(aud: JsonValue | undefined): string[] | undefined {
  if (aud === undefined) return [];
  const audience = Array.isArray(aud) ? aud : [aud];
  return audience.every((item) => typeof item === 'string') ? audience : undefined;
}

function isTime(value: JsonValue | undefined): boolean {
  return typeof value === 'number' && value >= 0 && value <= MAX_TIME;
}
