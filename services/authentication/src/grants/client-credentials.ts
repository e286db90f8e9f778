import type { ClientCaller } from '@mandate/clients';
import { CLIENT_CREDENTIALS_GRANT, OAuthError, excessScopes, parseScope, singleParameter } from '@mandate/oauth';
import type { Grant } from '@mandate/token-endpoint';
import type { IssueToken } from '../issue/issue-token.js';

/** The client credentials grant (RFC 6749 section 4.4): a token for the client itself. */
export function createClientCredentialsGrant(issueToken: IssueToken): Grant<ClientCaller> {
  return {
    grantType: CLIENT_CREDENTIALS_GRANT,
    issue({ caller: { client }, form, confirmation }) {
      const requestedScopes = parseScope(singleParameter(form, 'scope'));
      if (excessScopes(requestedScopes, client.scopes).length > 0) {
        throw new OAuthError('invalid_scope', 'The client may not ask for this scope');
      }
      const scopes = requestedScopes.length > 0 ? requestedScopes : client.scopes;
      return issueToken({ subject: { sub: client.clientId }, client, scopes, confirmation });
    },
  };
}
