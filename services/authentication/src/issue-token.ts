import type { Client } from '@mandate/clients';
import type { Clock, JsonObject } from '@mandate/ports';
import type { TokenSigner } from '@mandate/token';
import { type ClaimsSettings, accessTokenClaims } from './access-token-claims.js';

export interface IssueTokenOptions {
  signer: TokenSigner;
  clock: Clock;
  claims: ClaimsSettings;
  /** Lifetime in seconds where the client's record has none. */
  lifetimeSeconds: number;
}

/** A token for the wire, and its claims for whoever records it. */
export interface IssuedToken {
  accessToken: string;
  claims: JsonObject;
  expiresIn: number;
  scopes: readonly string[];
}

/** Issues an access token to a client for scopes that a grant has allowed. */
export type IssueToken = (client: Client, scopes: readonly string[]) => Promise<IssuedToken>;

export function createIssueToken({ signer, clock, claims: settings, lifetimeSeconds }: IssueTokenOptions): IssueToken {
  return async (client, scopes) => {
    const issuedAt = clock();
    const expiresIn = client.tokenExpirationSeconds ?? lifetimeSeconds;
    const claims = accessTokenClaims({ client, scopes, issuedAt, expiresAt: issuedAt + expiresIn }, settings);
    return { accessToken: await signer.sign(claims), claims, expiresIn, scopes };
  };
}
