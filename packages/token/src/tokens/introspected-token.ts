import { createHash } from 'node:crypto';
import type { JsonObject } from '@mandate/ports';
import { readRegisteredClaims } from './read-claims.js';
import { checkTimes } from './token-verifier.js';
import type { IssuerTrust, VerifyResult } from './verified-token.js';

export interface IntrospectedTokenOptions {
  /** The one issuer whose tokens the server introspects; an answer that names another is refused. */
  issuer: string;
  /** How far that issuer is believed; it is never one of our own, which issue no opaque tokens. */
  trust: Pick<IssuerTrust, 'mayAssertMayAct' | 'mayAssertAct'>;
  /** Epoch seconds. */
  now: number;
  /** How far `nbf` and `iat` may lie ahead of `now`; default 30. */
  clockSkewSeconds?: number;
}

/**
 * What an opaque token says, by the claims of an active introspection answer (RFC 7662 section 2.2): an access token,
 * held to the same types and times as a signed one. Without `scope` it has none; without `exp` it is refused.
 */
export function introspectedToken(token: string, claims: JsonObject, options: IntrospectedTokenOptions): VerifyResult {
  const { issuer, trust, now, clockSkewSeconds: skew = 30 } = options;
  const read = readRegisteredClaims(claims);
  if (!read.ok) return read;
  if (Object.hasOwn(claims, 'iss') && claims['iss'] !== issuer) return { ok: false, reason: 'unknown_issuer' };
  const refusal = checkTimes(read.claims, { now, skew });
  if (refusal !== undefined) return { ok: false, reason: refusal };
  const { subject, clientId, scopes, audience, expiresAt, issuedAt } = read.claims;
  return {
    ok: true,
    token: {
      claims: Object.assign(Object.create(null) as JsonObject, claims, { iss: issuer }),
      header: { alg: 'none' },
      kind: 'access_token',
      issuer,
      subject,
      clientId,
      scopes,
      audience,
      expiresAt,
      issuedAt,
      trust: { ...trust, own: false, allowIdTokens: false },
      id: `sha256:${createHash('sha256').update(token).digest('base64url')}`,
    },
  };
}
