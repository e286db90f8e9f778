import { TOKEN_EXCHANGE_GRANT } from '@mandate/oauth';
import type { Grant } from '@mandate/token-endpoint';
import { type DecisionCollaborators, decideRequest } from '../exchange/decide-request.js';
import type { IssueToken } from '../issue/issue-token.js';

export interface TokenExchangeGrantOptions extends DecisionCollaborators {
  issueToken: IssueToken;
  requiredScope: string;
}

/** The token exchange grant (RFC 8693). Never a refresh token. */
export function createTokenExchangeGrant(options: TokenExchangeGrantOptions): Grant {
  const { issueToken, requiredScope } = options;
  return {
    grantType: TOKEN_EXCHANGE_GRANT,
    requiredScope,
    issue: async (request) => issueToken(await decideRequest('exchange', request, options)),
  };
}
