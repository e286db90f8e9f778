import { randomUUID } from 'node:crypto';
import { TOKEN_TYPE } from '@mandate/oauth';
import type { Clock, JsonObject } from '@mandate/ports';
import { issuingError, tokenIdentifier, type TokenSigner } from '@mandate/token';
import type { GrantedToken } from '@mandate/token-endpoint';
import type { PermittedToken } from '../exchange/decide-exchange.js';
import type { DecisionEntry, DecisionLog } from '../record/decision-log.js';
import { refusalError } from '../rules/reasons.js';
import { type EmbeddedToken, type IssuedToken, renderClaims } from './token-claims.js';

/**
 * Writes a decision down, and only then issues what it permits: the last step of every grant here. `confirmation`: what
 * the token is bound to.
 */
export type IssueToken = (entry: DecisionEntry, confirmation: JsonObject | undefined) => Promise<GrantedToken>;

/** Throws for what a decision refuses or could not decide, recorded like a permit. */
export function createIssueToken({
  decisions,
  signer,
  clock,
}: {
  decisions: DecisionLog;
  signer: TokenSigner;
  clock: Clock;
}): IssueToken {
  return async (entry, confirmation) => {
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
    await decisions.record(entry, jwtId);
    return {
      token: await signToken(verdict, { jwtId, tokenId, confirmation }, signer),
      tokenId,
      tokenType: terms.requestedTokenType === TOKEN_TYPE.accessToken ? 'Bearer' : 'N_A',
      expiresIn: lifetimeFrom(clock(), token),
      scopes: token.scopes,
      members: { issued_token_type: terms.requestedTokenType },
      ...(headers !== undefined && { headers }),
    };
  };
}

/**
 * `expires_in`, seconds from the answer on (RFC 6749 section 5.1). A clock of whole seconds that has gone on by one need not
 * mean a second: so nobody is told one less for an answer of milliseconds.
 */
function lifetimeFrom(now: number, { issuedAt, expiresAt }: Pick<IssuedToken, 'issuedAt' | 'expiresAt'>): number {
  return Math.max(0, expiresAt - Math.max(issuedAt, now - 1));
}

/** @throws OAuthError for a token that would be accepted nowhere */
async function signToken(
  { token, claims }: PermittedToken,
  { jwtId, tokenId, confirmation }: { jwtId: string; tokenId: string; confirmation: JsonObject | undefined },
  signer: TokenSigner,
): Promise<string> {
  try {
    const inside = token.embedded.length > 0 ? await signEmbedded(token.embedded, tokenId, signer) : {};
    return await signer.sign({
      ...claims,
      ...inside,
      ...(confirmation !== undefined && { cnf: confirmation }),
      jti: jwtId,
    });
  } catch (error) {
    throw issuingError(error);
  }
}

/** Each names the token around it as an ancestor, so that revoking that ends them as well. */
async function signEmbedded(
  embedded: readonly EmbeddedToken[],
  tokenId: string,
  signer: TokenSigner,
): Promise<Record<string, string>> {
  const inside = embedded.map(async ({ claim, token }): Promise<[string, string]> => {
    const { ancestors, grantId } = token.lineage;
    const lineage = { ancestors: [...ancestors, tokenId], grantId };
    return [claim, await signer.sign({ ...renderClaims({ ...token, lineage }), jti: randomUUID() })];
  });
  return Object.fromEntries(await Promise.all(inside));
}
