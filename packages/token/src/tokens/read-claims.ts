import { type JsonObject, type JsonValue, isJsonObject } from '@mandate/ports';
import { scopesOfClaims } from '@mandate/oauth';
import type { TokenRefusal } from './verified-token.js';

/** The last second of the year 9999, the latest time accepted anywhere in a token (docs/security.md T12). */
const MAX_TIME = 253_402_300_799;

const OPTIONAL_STRINGS = ['sub', 'jti', 'client_id', 'azp', 'cid'];
const OPTIONAL_OBJECTS = ['cnf'];
const OPTIONAL_TIMES = ['nbf', 'iat'];

/** The registered claims of a token after a check of their types. Times are whole epoch seconds. */
export interface RegisteredClaims {
  subject: string | undefined;
  clientId: string | undefined;
  scopes: string[] | undefined;
  audience: string[];
  expiresAt: number;
  notBefore: number | undefined;
  issuedAt: number | undefined;
  jwtId: string | undefined;
}

export type ClaimsResult = { ok: true; claims: RegisteredClaims } | { ok: false; reason: TokenRefusal };

/**
 * Reads the registered claims of RFC 7519 section 4.1 out of claims in the form of `normalClaims`, and refuses any of
 * another type, whether needed or not.
 */
export function readRegisteredClaims(claims: JsonObject): ClaimsResult {
  const expiresAt = member(claims, 'exp');
  if (expiresAt === undefined) return { ok: false, reason: 'no_expiry' };
  const audience = readAudience(member(claims, 'aud'));
  const scopes = scopesOfClaims(claims);
  if (!isTime(expiresAt) || audience === undefined || scopes === null || !hasValidTypes(claims)) {
    return { ok: false, reason: 'bad_claim' };
  }
  return {
    ok: true,
    claims: {
      subject: stringMember(claims, 'sub'),
      clientId: stringMember(claims, 'client_id') ?? stringMember(claims, 'azp') ?? stringMember(claims, 'cid'),
      scopes,
      audience,
      expiresAt,
      notBefore: timeMember(claims, 'nbf'),
      issuedAt: timeMember(claims, 'iat'),
      jwtId: stringMember(claims, 'jti'),
    },
  };
}

function hasValidTypes(claims: JsonObject): boolean {
  const all = (names: readonly string[], isValid: (value: JsonValue) => boolean): boolean =>
    names.every((name) => {
      const value = member(claims, name);
      return value === undefined || isValid(value);
    });
  const isName = (value: JsonValue): boolean => typeof value === 'string' && value !== '';
  return all(OPTIONAL_STRINGS, isName) && all(OPTIONAL_OBJECTS, isJsonObject) && all(OPTIONAL_TIMES, isTime);
}

function readAudience(aud: JsonValue | undefined): string[] | undefined {
  if (aud === undefined) return [];
  const audience = Array.isArray(aud) ? aud : [aud];
  return audience.every((item) => typeof item === 'string') ? audience : undefined;
}

function isTime(value: JsonValue): value is number {
  return typeof value === 'number' && value >= 0 && value <= MAX_TIME;
}

function stringMember(claims: JsonObject, name: string): string | undefined {
  const value = member(claims, name);
  return typeof value === 'string' ? value : undefined;
}

function timeMember(claims: JsonObject, name: string): number | undefined {
  const value = member(claims, name);
  return typeof value === 'number' ? value : undefined;
}

function member(claims: JsonObject, name: string): JsonValue | undefined {
  return Object.hasOwn(claims, name) ? claims[name] : undefined;
}
