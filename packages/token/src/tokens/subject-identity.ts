import { type Identity } from '@mandate/oauth';
import { isJsonObject, type JsonObject } from '@mandate/ports';
import type { VerifiedToken } from './verified-token.js';

/**
 * Whom a token is about, as the pair. A derived token is issued by us about somebody whom another issuer named: its
 * `sub_id` says so (RFC 9493 section 3.2.3), and is believed from our own issuers only. A client of our own that has a
 * token for itself is one party, whichever of our services issued it.
 */
export function subjectIdentityOf(
  token: Pick<VerifiedToken, 'issuer' | 'claims' | 'trust'>,
  subject: string,
): Identity {
  const { issuer, claims, trust } = token;
  const named = trust.own ? claims['sub_id'] : undefined;
  if (isJsonObject(named) && named['format'] === 'iss_sub' && named['sub'] === subject) {
    return { iss: typeof named['iss'] === 'string' ? named['iss'] : issuer, sub: subject };
  }
  const isClient = trust.own && claims['client_id'] === subject && claims['client_iss'] === undefined;
  return { iss: isClient ? (trust.clientIssuer ?? issuer) : issuer, sub: subject };
}

/** The `sub_id` of a token that we issue about somebody; `undefined` when `iss` and `sub` say it already. */
export function subjectIdClaim(issuer: string, { iss, sub }: Identity): JsonObject | undefined {
  return iss === issuer ? undefined : { format: 'iss_sub', iss, sub };
}
