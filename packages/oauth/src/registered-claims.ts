import type { JsonObject } from '@mandate/ports';

/**
 * Claims that an issuer sets itself. Attributes of a client, a policy's additional claims and the like never
 * override one. RFC 7519 section 4.1, RFC 8693 section 4, RFC 9068 section 2.2, RFC 9396 section 9.1, RFC 7800, and the IMS members.
 */
export const REGISTERED_CLAIMS: ReadonlySet<string> = new Set([
  'iss',
  'sub',
  'aud',
  'exp',
  'nbf',
  'iat',
  'jti',
  'sub_id',
  'client_id',
  'client_iss',
  'scope',
  'act',
  'act_as',
  'may_act',
  'authorization_details',
  'cnf',
  'auth_time',
  'acr',
  'amr',
  'events',
  'active',
  'scp',
  'cid',
  'tokenName',
  'token_type',
  'auditTrackingId',
  'authGrantId',
  'expires_in',
  'anc',
  '__proto__',
  'constructor',
  'prototype',
]);

/** The member of `cnf` that binds a token to the TLS certificate of its client (RFC 8705 section 3.1). */
export const CERTIFICATE_CONFIRMATION = 'x5t#S256';

/** The extra claims without those an issuer sets itself; `except` lifts single names out of the protection. */
export function additionalClaims(extra: JsonObject, except: readonly string[] = []): JsonObject {
  const entries = Object.entries(extra).filter(([name]) => !REGISTERED_CLAIMS.has(name) || except.includes(name));
  return Object.fromEntries(entries);
}

/** The `aud` claim for these audiences: a string when single (RFC 7519 section 4.1.3). */
export function audienceClaim(audiences: readonly string[]): string | string[] {
  const [only, ...others] = audiences;
  return only !== undefined && others.length === 0 ? only : [...audiences];
}
