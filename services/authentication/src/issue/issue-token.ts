import type { Clock } from '@mandate/ports';
import { type TokenSigner, issuingError, tokenIdentifier } from '@mandate/token';
import type { GrantedToken } from '@mandate/token-endpoint';
import { randomUUID } from 'node:crypto';
import { type ClaimsSettings, type TokenTerms, accessTokenClaims } from './access-token-claims.js';

export interface IssueTokenOptions {
  signer: TokenSigner;
  clock: Clock;
  claims: ClaimsSettings;
  /** Lifetime in seconds where the client's record has none. */
  lifetimeSeconds: number;
}

/** A token as a grant orders it. */
export interface TokenOrder extends TokenTerms {
  /** What the token is one of many of, ended together: `authGrantId`. Absent: a grant of its own. */
  grantId?: string;
  /** Epoch seconds after which the token must not be good, whatever its usual lifetime. */
  until?: number;
}

/** Issues an access token. @throws OAuthError `invalid_request` when it would be accepted nowhere. */
export type IssueToken = (order: TokenOrder) => Promise<GrantedToken>;

export function createIssueToken({ signer, clock, claims: settings, lifetimeSeconds }: IssueTokenOptions): IssueToken {
  return async ({ grantId = randomUUID(), until = Infinity, ...order }) => {
    const issuedAt = clock();
    const { client, scopes } = order;
    const expiresAt = Math.min(issuedAt + (client.tokenExpirationSeconds ?? lifetimeSeconds), until);
    const jwtId = randomUUID();
    const claims = accessTokenClaims({ ...order, tokenId: jwtId, grantId, issuedAt, expiresAt }, settings);
    const token = await signer.sign(claims).catch((error: unknown) => {
      throw issuingError(error);
    });
    const tokenId = tokenIdentifier(token, { issuer: settings.issuer, jwtId });
    return { token, tokenId, tokenType: 'Bearer', expiresIn: expiresAt - issuedAt, scopes };
  };
}
