import type { Client } from '@mandate/clients';
import { type RefreshToken, agreementDetail, mayActOf } from '@mandate/delegations';
import type { Clock, JsonObject } from '@mandate/ports';
import type { KeyStore, TokenSigner } from '@mandate/token';
import type { GrantedToken } from '@mandate/token-endpoint';
import { idTokenClaims } from './id-token-claims.js';
import type { IssueToken } from './issue-token.js';

/** The scope by which a client asks for an ID token (OpenID Connect Core section 3.1.2.1). */
export const OPENID = 'openid';

/** What a person let a client have, for as long as the delegation `grantId` lasts: what a refresh token stands for. */
export type PersonGrant = Omit<RefreshToken, 'digest' | 'clientId' | 'expiresAt'>;

/** Who gets the tokens of a person, and on what terms. */
export interface PersonTokenTerms {
  client: Client;
  /** Epoch seconds: the end of the delegation. */
  until: number;
  /** What the access token is bound to. */
  confirmation: JsonObject | undefined;
}

/** Issues the tokens that a person let a client have. */
export type IssuePersonTokens = (grant: PersonGrant, terms: PersonTokenTerms) => Promise<GrantedToken>;

export interface PersonTokensOptions {
  issueToken: IssueToken;
  signer: TokenSigner;
  /** Whose algorithm `at_hash` goes by. */
  keyStore: KeyStore;
  issuer: string;
  clock: Clock;
}

/** An access token about the person, and with `openid` the ID token that goes with it (OpenID CIBA Core section 10.1.1). */
export function createIssuePersonTokens(options: PersonTokensOptions): IssuePersonTokens {
  const { issueToken, signer, keyStore, issuer, clock } = options;
  return async (grant, { client, until, confirmation }) => {
    const { sub, scopes, resources, grantId, authTime, acr, amr } = grant;
    const subject = { sub, acr, amr, authTime };
    const delegation = delegationClaims(grant);
    const grantedToken = await issueToken({
      subject,
      client,
      scopes,
      grantId,
      delegation,
      until,
      confirmation,
      audience: resources.length > 0 ? resources : undefined,
    });
    if (!scopes.includes(OPENID)) return grantedToken;
    const issuedAt = clock();
    const { alg } = await keyStore.signingKey();
    const claims = idTokenClaims({
      issuer,
      subject,
      clientId: client.clientId,
      issuedAt,
      expiresAt: issuedAt + grantedToken.expiresIn,
      delegation,
      accessToken: grantedToken.token,
      alg,
    });
    const idToken = await signer.sign(claims, { typ: 'JWT' });
    return { ...grantedToken, members: { id_token: idToken } };
  };
}

/** What an exchange of the token goes by (docs/delegation.md section 10). */
function delegationClaims({ grantId, agreement }: PersonGrant): JsonObject {
  return {
    authGrantId: grantId,
    ...(agreement !== undefined && {
      may_act: mayActOf(agreement),
      authorization_details: [agreementDetail(agreement)],
    }),
  };
}
