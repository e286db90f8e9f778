import type { Identity } from '@mandate/oauth';
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
  const named = trust.own ? namedIdentity(token, subject) : undefined;
  if (named !== undefined) return named;
  const isClient = trust.own && claims['client_id'] === subject && claims['client_iss'] === undefined;
  return { iss: isClient ? (trust.clientIssuer ?? issuer) : issuer, sub: subject };
}

/**
 * Everybody that a token may be about, perhaps repeatedly, whatever configuration says of its issuer: for what ends it,
 * where a forged `sub_id` can only end the token that carries it.
 */
export function subjectIdentitiesOf(
  token: Pick<VerifiedToken, 'issuer' | 'claims' | 'trust'>,
  subject: string,
): Identity[] {
  const identities = [
    { iss: token.issuer, sub: subject },
    namedIdentity(token, subject),
    subjectIdentityOf(token, subject),
  ];
  return identities.filter((identity) => identity !== undefined);
}

/** The `sub_id` of a token that we issue about somebody; `undefined` when `iss` and `sub` say it already. */
export function subjectIdClaim(issuer: string, { iss, sub }: Identity): JsonObject | undefined {
  return iss === issuer ? undefined : { format: 'iss_sub', iss, sub };
}

function namedIdentity({ claims }: Pick<VerifiedToken, 'claims'>, subject: string): Identity | undefined {
  const named = claims['sub_id'];
  if (!isJsonObject(named) || named['format'] !== 'iss_sub' || named['sub'] !== subject) return undefined;
  return typeof named['iss'] === 'string' ? { iss: named['iss'], sub: subject } : undefined;
}
