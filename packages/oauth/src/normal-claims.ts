import type { JsonObject, JsonValue } from '@mandate/ports';

/** Claims that restrict a token: without one of them it could do more than its issuer allowed. */
const RESTRICTING_CLAIMS: ReadonlySet<string> = new Set(['exp', 'cnf', 'act', 'may_act', 'events']);
const TIMES: ReadonlySet<string> = new Set(['exp', 'nbf', 'iat', 'auth_time']);

/**
 * Claims in the one form that everything here reads, whoever wrote them, without a prototype. Some issuers write `null`
 * for what is absent, and it counts as absent; a restricting claim of `null` stays, to be refused. Times may have a
 * fraction (RFC 7519 section 2), but are answered as integers (RFC 7662 section 2.2): none lets a token live longer.
 */
export function normalClaims(claims: JsonObject): JsonObject {
  // Nearly all arrive in that form, and copying the claims of each token would cost more than looking at them.
  if (Object.getPrototypeOf(claims) === null && areNormal(claims)) return claims;
  const normal = Object.create(null) as JsonObject;
  for (const [name, value] of Object.entries(claims)) {
    const normalForm = normalValue(name, value);
    if (normalForm !== undefined) normal[name] = normalForm;
  }
  return normal;
}

/** Whether all values are in that form. */
export function areNormal(claims: JsonObject): boolean {
  return Object.keys(claims).every((name) => normalValue(name, claims[name] as JsonValue) === claims[name]);
}

function normalValue(name: string, value: JsonValue): JsonValue | undefined {
  if (value === null) return RESTRICTING_CLAIMS.has(name) ? null : undefined;
  if (typeof value !== 'number' || value < 0 || !TIMES.has(name)) return value;
  return name === 'nbf' ? Math.ceil(value) : Math.floor(value);
}

/** What two accounts of one token cannot say differently, if they do; what only one of them says contradicts nothing. */
export function contradiction(one: JsonObject, other: JsonObject): string | undefined {
  return ['iss', 'sub', 'jti'].find(
    (name) => one[name] !== undefined && other[name] !== undefined && one[name] !== other[name],
  );
}
