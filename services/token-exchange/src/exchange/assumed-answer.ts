import { type Agreement, agreementDetail, mayActOf } from '@mandate/delegations';
import { formatScope, type Identity } from '@mandate/oauth';
import type { Clock, JsonObject } from '@mandate/ports';
import { type IssuerKeys, tokenIdentifier } from '@mandate/token';
import type { Party } from './question.js';

/**
 * The person as their token would say it, had they agreed; `undefined` where their issuer is not trusted. It is data for
 * explain: no such token exists, and nothing is issued by it.
 */
export type AssumeAnswer = (person: Identity, agreement: Agreement) => Party | undefined;

export interface AssumedAnswerOptions {
  issuers: Pick<IssuerKeys, 'keysFor'>;
  clock: Clock;
  /** As which client authentication is asked, and for whom the token is. */
  clientId: string;
  audience: string;
  /** As long as a token of ours at most. */
  lifetimeSeconds: number;
}

/** `jti` and `authGrantId` of a token that does not exist. */
const ASSUMED = 'assumed';

export function createAssumeAnswer(options: AssumedAnswerOptions): AssumeAnswer {
  const { issuers, clock, clientId, audience: resource, lifetimeSeconds } = options;
  return (identity, agreement) => {
    const { iss: issuer, sub: subject } = identity;
    const trust = issuers.keysFor(issuer)?.trust;
    if (trust === undefined) return undefined;
    const issuedAt = clock();
    const expiresAt = issuedAt + lifetimeSeconds;
    const scopes = ['openid', ...agreement.scopes];
    const audience = [resource, clientId];
    // without `exp`: a backend that is sent the claims signed gets no credential
    const claims: JsonObject = {
      iss: issuer,
      sub: subject,
      aud: audience,
      client_id: clientId,
      scope: formatScope(scopes),
      iat: issuedAt,
      jti: ASSUMED,
      authGrantId: ASSUMED,
      may_act: mayActOf(agreement),
      authorization_details: [agreementDetail(agreement)],
    };
    const facts = { subject, clientId, scopes, audience, expiresAt, issuedAt };
    const id = tokenIdentifier('', { issuer, jwtId: ASSUMED });
    const header = { alg: 'none', typ: 'at+jwt' };
    return { identity, claims, token: { claims, header, kind: 'access_token', issuer, ...facts, id, trust } };
  };
}
