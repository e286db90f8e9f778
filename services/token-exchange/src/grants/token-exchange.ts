import { randomUUID } from 'node:crypto';
import { TOKEN_EXCHANGE_GRANT, TOKEN_TYPE } from '@mandate/oauth';
import type { TokenSigner } from '@mandate/token';
import type { Grant } from '@mandate/token-endpoint';
import { type DecisionCollaborators, decideRequest } from '../decide-request.js';
import type { DecisionLog } from '../decision-log.js';
import { refusalError } from '../refusal.js';

export interface TokenExchangeGrantOptions extends DecisionCollaborators {
  decisions: DecisionLog;
  signer: TokenSigner;
  requiredScope: string;
}

/** The token exchange grant (RFC 8693): decided, written down, then issued. Never a refresh token. */
export function createTokenExchangeGrant(options: TokenExchangeGrantOptions): Grant {
  const { decisions, signer, requiredScope } = options;
  return {
    grantType: TOKEN_EXCHANGE_GRANT,
    requiredScope,
    async issue(request) {
      const entry = await decideRequest('exchange', request, options);
      const { verdict } = entry;
      const tokenId = randomUUID();
      await decisions.record({ ...entry, issuedId: tokenId });
      if (verdict.verdict === 'deny') throw refusalError(verdict.reason);
      if (verdict.verdict === 'error') throw verdict.failure;
      const { requestedTokenType } = entry.request;
      return {
        token: await signer.sign({ ...verdict.claims, jti: tokenId }),
        tokenId,
        tokenType: requestedTokenType === TOKEN_TYPE.accessToken ? 'Bearer' : 'N_A',
        expiresIn: verdict.expiresAt - verdict.issuedAt,
        scopes: verdict.scopes,
        members: { issued_token_type: requestedTokenType },
      };
    },
  };
}
