import type { Client } from '@mandate/clients';
import type { Clock } from '@mandate/ports';
import { type TokenSigner, issuingError, tokenIdentifier } from '@mandate/token';
import type { GrantedToken } from '@mandate/token-endpoint';
import { randomUUID } from 'node:crypto';
import { type ClaimsSettings, type TokenSubject, accessTokenClaims } from './access-token-claims.js';

export interface IssueTokenOptions {
  signer: TokenSigner;
  clock: Clock;
  claims: ClaimsSettings;
  /** Lifetime in seconds where the client's record has none. */
  lifetimeSeconds: number;
}

/** What a grant has allowed: for whom, to which client, where, to do what. */
export interface TokenOrder {
  /** The client itself, or the person who let it have the token. */
  subject: TokenSubject;
  client: Client;
  /** Absent: the audiences of the client's record, or the configured ones. The client's id is always one more. */
  audience?: readonly string[];
  scopes: readonly string[];
  /** What the token is one of many of, ended together: `authGrantId`. Absent: a grant of its own. */
  grantId?: string;
}

/** Issues an access token. @throws OAuthError `invalid_request` when it would be accepted nowhere. */
export type IssueToken = (order: TokenOrder) => Promise<GrantedToken>;

export function createIssueToken({ signer, clock, claims: settings, lifetimeSeconds }: IssueTokenOptions): IssueToken {
  return async ({ subject, client, audience, scopes, grantId = randomUUID() }) => {
    const issuedAt = clock();
    const expiresIn = client.tokenExpirationSeconds ?? lifetimeSeconds;
    const jwtId = randomUUID();
    const claims = accessTokenClaims(
      { subject, client, audience, scopes, tokenId: jwtId, grantId, issuedAt, expiresAt: issuedAt + expiresIn },
      settings,
    );
    const token = await signer.sign(claims).catch((error: unknown) => {
      throw issuingError(error);
    });
    const tokenId = tokenIdentifier(token, { issuer: settings.issuer, jwtId });
    return { token, tokenId, tokenType: 'Bearer', expiresIn, scopes };
  };
}
