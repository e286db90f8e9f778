import type { ClientCaller } from '@mandate/clients';
import type { DelegationStore, RefreshToken, RefreshTokenStore } from '@mandate/delegations';
import {
  type Form,
  OAuthError,
  REFRESH_TOKEN_GRANT,
  excessScopes,
  parseScope,
  requiredTokenParameter,
  singleParameter,
} from '@mandate/oauth';
import type { Grant } from '@mandate/token-endpoint';
import type { EndDelegation } from '../delegations/end-delegation.js';
import { createOpaqueIdentifier, digestOf, digestOfIdentifier } from '../opaque-identifier.js';
import type { IssuePersonTokens } from '../person-tokens.js';

export interface RefreshTokenGrantOptions {
  refreshTokens: RefreshTokenStore;
  delegations: DelegationStore;
  issuePersonTokens: IssuePersonTokens;
  endDelegation: EndDelegation;
}

/**
 * The refresh token grant (RFC 6749 section 6): each token is good once and replaced. One that is used again was copied:
 * the delegation is ended, since nobody can tell who of the two is its client (RFC 9700 section 4.14.2).
 */
export function createRefreshTokenGrant(options: RefreshTokenGrantOptions): Grant<ClientCaller> {
  const { refreshTokens, delegations, issuePersonTokens, endDelegation } = options;
  const isOver = async ({ grantId }: RefreshToken): Promise<boolean> => {
    const delegation = await delegations.find(grantId);
    return delegation === undefined || delegation.ended !== undefined;
  };
  return {
    grantType: REFRESH_TOKEN_GRANT,
    async issue({ caller: { client }, form, context }) {
      const digest = digestOfIdentifier(requiredTokenParameter(form, 'refresh_token'));
      if (digest === undefined) throw notGood('unknown');
      const token = await refreshTokens.find(digest, client.clientId);
      if (token !== undefined && (await isOver(token))) throw notGood('delegation_ended');
      // before it is used up: whatever fails here leaves the client with a token that is good
      const granted =
        token && (await issuePersonTokens({ ...token, scopes: narrowed(form, token) }, client, token.expiresAt));
      const next = createOpaqueIdentifier();
      const replacement = { digest: digestOf(next), expiresAt: token?.expiresAt ?? 0 };
      const outcome = await refreshTokens.rotate(digest, client.clientId, replacement);
      if (outcome.kind === 'reused') await endDelegation(outcome.grantId, 'refresh_token_reused', context);
      if (outcome.kind !== 'rotated' || granted === undefined) throw notGood(outcome.kind);
      return { ...granted, members: { ...granted.members, refresh_token: next } };
    },
  };
}

/** The scopes of the access token, which may be fewer than those of the refresh token. */
function narrowed(form: Form, { scopes }: RefreshToken): readonly string[] {
  const requested = parseScope(singleParameter(form, 'scope'));
  if (excessScopes(requested, scopes).length > 0) {
    throw new OAuthError('invalid_scope', 'The scope is more than was granted');
  }
  return requested.length > 0 ? requested : scopes;
}

function notGood(detail: string): OAuthError {
  return new OAuthError('invalid_grant', 'The refresh token is not good, or not any more', { detail });
}
