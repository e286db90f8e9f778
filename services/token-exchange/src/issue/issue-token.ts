import { randomUUID } from 'node:crypto';
import { TOKEN_TYPE } from '@mandate/oauth';
import type { JsonObject } from '@mandate/ports';
import { issuingError, tokenIdentifier, type TokenSigner } from '@mandate/token';
import type { GrantedToken } from '@mandate/token-endpoint';
import type { DecisionEntry, DecisionLog } from '../record/decision-log.js';
import { refusalError } from '../rules/reasons.js';
import { type IssuedToken, renderClaims } from './token-claims.js';

/** Writes a decision down, and only then issues what it permits: the last step of every grant here. */
export type IssueToken = (entry: DecisionToIssue) => Promise<GrantedToken>;

/** A decision, and what the access token that it leads to is bound to. */
export interface DecisionToIssue extends DecisionEntry {
  confirmation?: JsonObject | undefined;
}

/** Throws what a decision refuses or could not decide, written down like a permit. */
export function createIssueToken({ decisions, signer }: { decisions: DecisionLog; signer: TokenSigner }): IssueToken {
  return async ({ confirmation, ...entry }) => {
    const { verdict, origin, terms, headers } = entry;
    if (verdict.verdict !== 'permit') {
      await decisions.record(entry);
      throw verdict.verdict === 'deny'
        ? refusalError(verdict.reason, { origin, cause: verdict.cause, headers })
        : verdict.failure;
    }
    const { token } = verdict;
    const jwtId = randomUUID();
    const tokenId = tokenIdentifier('', { issuer: token.issuer, jwtId });
    await decisions.record({ ...entry, issuedId: jwtId });
    return {
      token: await signToken(token, { jwtId, tokenId, confirmation }, signer).catch((error: unknown) => {
        throw issuingError(error);
      }),
      tokenId,
      tokenType: terms.requestedTokenType === TOKEN_TYPE.accessToken ? 'Bearer' : 'N_A',
      expiresIn: token.expiresAt - token.issuedAt,
      scopes: token.scopes,
      members: { issued_token_type: terms.requestedTokenType },
      ...(headers !== undefined && { headers }),
    };
  };
}

/** The tokens inside first: each names the one around it as an ancestor, so that revoking that ends them as well. */
async function signToken(
  token: IssuedToken,
  { jwtId, tokenId, confirmation }: { jwtId: string; tokenId: string; confirmation: JsonObject | undefined },
  signer: TokenSigner,
): Promise<string> {
  const inside = token.embedded.map(async ({ claim, token: embedded }): Promise<[string, string]> => {
    const { ancestors, grantId } = embedded.lineage;
    const lineage = { ancestors: [...ancestors, tokenId], grantId };
    return [claim, await signer.sign({ ...renderClaims({ ...embedded, lineage }), jti: randomUUID() })];
  });
  return signer.sign({
    ...renderClaims(token),
    ...Object.fromEntries(await Promise.all(inside)),
    ...(confirmation !== undefined && { cnf: confirmation }),
    jti: jwtId,
  });
}
