import type { Client, ClientCaller } from '@mandate/clients';
import {
  type DelegationStore,
  type RefreshToken,
  type RefreshTokenStore,
  createOpaqueIdentifier,
  digestOf,
  digestOfIdentifier,
} from '@mandate/delegations';
import {
  type Form,
  OAuthError,
  REFRESH_TOKEN_GRANT,
  excessScopes,
  intersectScopes,
  parseScope,
  requiredTokenParameter,
  singleParameter,
} from '@mandate/oauth';
import type { TraceContext } from '@mandate/ports';
import { type RevocationStore, isLastingGrantRevoked } from '@mandate/token';
import type { Grant } from '@mandate/token-endpoint';
import type { EndDelegation } from '../delegations/end-delegation.js';
import { type IssuePersonTokens, OPENID } from '../issue/person-tokens.js';

export interface RefreshTokenGrantOptions {
  refreshTokens: RefreshTokenStore;
  delegations: DelegationStore;
  revocations: RevocationStore;
  issuePersonTokens: IssuePersonTokens;
  endDelegation: EndDelegation;
}

/**
 * The refresh token grant (RFC 6749 section 6): each token is good once and replaced. One that is used again was copied:
 * the delegation is ended, since nobody can tell who of the two is its client (RFC 9700 section 4.14.2).
 */
export function createRefreshTokenGrant(options: RefreshTokenGrantOptions): Grant<ClientCaller> {
  const { refreshTokens, delegations, revocations, issuePersonTokens, endDelegation } = options;
  const checkLasts = async ({ grantId }: RefreshToken, context: TraceContext): Promise<void> => {
    const delegation = await delegations.find(grantId);
    if (delegation === undefined || delegation.ended !== undefined) throw notGood('delegation_ended');
    const { subject, clientId, created: since } = delegation;
    if (!(await isLastingGrantRevoked(revocations, { grantId, subject, clientId, since }))) return;
    // a revocation may be forgotten before the delegation is over
    await endDelegation(grantId, 'revoked', context);
    throw notGood('revoked');
  };
  return {
    grantType: REFRESH_TOKEN_GRANT,
    async issue({ caller: { client }, form, context, confirmation }) {
      const digest = digestOfIdentifier(requiredTokenParameter(form, 'refresh_token'));
      if (digest === undefined) throw notGood('unknown');
      const token = await refreshTokens.find(digest, client.clientId);
      // before it is used up: whatever fails here leaves the client with a token that is good
      const grantedToken =
        token &&
        (await issuePersonTokens(
          { ...token, scopes: narrowScopes(form, token, client) },
          { client, until: token.expiresAt, confirmation },
        ));
      // once they are signed: a cut-off that comes later ends them by their `iat`
      if (token !== undefined) await checkLasts(token, context);
      const next = createOpaqueIdentifier();
      const replacement = { digest: digestOf(next), expiresAt: token?.expiresAt ?? 0 };
      const outcome = await refreshTokens.rotate(digest, client.clientId, replacement).catch(async (error: unknown) => {
        // it may have been written anyway, and then a client that repeats the request would look like a thief
        if (token !== undefined) await refreshTokens.takeBack(token.grantId, { from: replacement.digest, to: digest });
        throw error;
      });
      if (outcome.kind === 'reused') await endDelegation(outcome.grantId, 'refresh_token_reused', context);
      if (outcome.kind !== 'rotated' || grantedToken === undefined) throw notGood(outcome.kind);
      return { ...grantedToken, members: { ...grantedToken.members, refresh_token: next } };
    },
  };
}

/** The scopes of the access token: no more than those of the refresh token, and of the client's record by now. */
function narrowScopes(form: Form, { scopes }: RefreshToken, { scopes: registeredScopes }: Client): readonly string[] {
  const requestedScopes = parseScope(singleParameter(form, 'scope'));
  const grantedScopes = intersectScopes(scopes, [OPENID, ...registeredScopes]);
  if (excessScopes(requestedScopes, grantedScopes).length > 0) {
    throw new OAuthError('invalid_scope', 'The scope is more than was granted');
  }
  return requestedScopes.length > 0 ? requestedScopes : grantedScopes;
}

function notGood(detail: string): OAuthError {
  return new OAuthError('invalid_grant', 'The refresh token is not good, or not any more', { detail });
}
