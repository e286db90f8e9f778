import type { JsonObject } from '@mandate/ports';
import { checkIntrospectionAnswer } from '../introspection/introspection-answer.js';
import { jwsIdentifier, tokenIdentifier } from './token-identifier.js';
import type { CompactJws } from '../jws/compact-jws.js';
import { readRegisteredClaims, type RegisteredClaims } from './read-claims.js';
import { tokenKind } from './token-kind.js';
import { type IssuerTrust, NO_TRUST, type VerifiedToken, type VerifyResult } from './verified-token.js';

export interface IntrospectedTokenOptions {
  /** The one issuer whose tokens the server introspects; an answer that names another is refused. */
  issuer: string;
  /** How far that issuer is believed; it is never one of our own, which issue no opaque tokens. */
  trust: Pick<IssuerTrust, 'mayAssertMayAct' | 'mayAssertAct'>;
  /** Epoch seconds. */
  now: number;
}

/**
 * What an opaque token says, by the claims of an active introspection answer (RFC 7662 section 2.2): an access token,
 * held to the same types and times as a signed one. Without `scope` it has none; without `exp` it is refused.
 */
export function introspectedToken(token: string, answer: JsonObject, options: IntrospectedTokenOptions): VerifyResult {
  const { issuer, trust, now } = options;
  const checked = checkIntrospectionAnswer(answer, { isIssuer: (iss) => iss === issuer, now });
  if (!checked.ok) return checked;
  const { subject, clientId, scopes, audience, expiresAt, issuedAt } = checked.registered;
  return {
    ok: true,
    token: {
      claims: Object.assign(checked.claims, { iss: issuer }),
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
      // What its answer calls `jti` is not its own word.
      id: tokenIdentifier(token, { issuer, jwtId: undefined }),
    },
  };
}

/**
 * A JWT that another server calls active, by the name it has where it is verified: to be asked of the revocation store.
 * What could have ended it is what it says itself and what the answer says of it.
 */
export function introspectedJwt(
  jws: CompactJws,
  answer: { claims: JsonObject; registered: RegisteredClaims },
): VerifiedToken {
  const { header, claims: signed } = jws;
  const claims: JsonObject = Object.assign(Object.create(null) as JsonObject, signed, answer.claims);
  const read = readRegisteredClaims(claims);
  const { subject, clientId, scopes, audience, expiresAt, issuedAt } = read.ok ? read.claims : answer.registered;
  const issuer = typeof signed['iss'] === 'string' ? signed['iss'] : '';
  const id = jwsIdentifier(jws);
  const kind = tokenKind(header.typ, signed);
  const facts = { subject, clientId, scopes, audience, expiresAt, issuedAt };
  return { claims, header, kind, issuer, ...facts, id, trust: NO_TRUST };
}
