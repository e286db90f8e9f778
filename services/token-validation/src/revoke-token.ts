import { type Caller, isIssuedTo } from '@mandate/clients';
import {
  type DelegationStore,
  type RefreshToken,
  type RefreshTokenStore,
  digestOfIdentifier,
} from '@mandate/delegations';
import { CLOCK_MARGIN_SECONDS, type Clock } from '@mandate/ports';
import { OAuthError } from '@mandate/oauth';
import {
  type Revocation,
  type RevocationStore,
  type TokenRefusal,
  type TokenVerifier,
  type VerifiedToken,
  ancestorsOf,
  grantIdOf,
  tokenKind,
} from '@mandate/token';
import type { RevocationRequest } from './revocation-request.js';

/** What a caller needs besides the scope of the endpoint to revoke what is not its own. */
const REVOKE_ALL = 'revoke-all';

/** What was revoked; `unknown`: there was nothing to revoke, which is a success (RFC 7009 section 2.2). */
export interface RevocationOutcome {
  outcome: 'token' | 'grant' | 'subject' | 'client' | 'actor' | 'unknown';
  tokenId?: string;
}

/** @throws OAuthError when the caller may not. @throws UpstreamError when it is not certain that it is revoked. */
export type RevokeToken = (request: RevocationRequest, caller: Caller) => Promise<RevocationOutcome>;

export interface RevokeTokenOptions {
  verifier: TokenVerifier;
  /** Besides what is revoked, what may be refreshed: it can last longer than a revocation is kept. */
  state: { revocations: RevocationStore; refreshTokens: RefreshTokenStore; delegations: DelegationStore };
  clock: Clock;
  /** How long cut-offs and grants stay revoked: the longest lifetime of any token. */
  retentionSeconds: number;
}

/** Refused now but not for ever: to call these unknown would promise that they never work. */
const NOT_YET: ReadonlySet<TokenRefusal> = new Set(['not_yet_valid', 'issued_in_future', 'lifetime_too_long']);

/** Revocation by docs/delegation.md section 6: a token with all that was derived from it, never its ancestors. */
export function createRevokeToken(options: RevokeTokenOptions): RevokeToken {
  const { state, clock, retentionSeconds } = options;
  return async (request, caller) => {
    if (request.kind === 'token') return revokeToken(request, caller, options);
    requireRevokeAll(caller);
    // A token of this very second counts as issued before.
    const before = clock() + 1;
    await state.revocations.revoke([{ ...request, before, expiresAt: before + retentionSeconds }]);
    return { outcome: request.kind };
  };
}

async function revokeToken(
  { token: text, grant }: Extract<RevocationRequest, { kind: 'token' }>,
  caller: Caller,
  options: RevokeTokenOptions,
): Promise<RevocationOutcome> {
  const { verifier, state, clock, retentionSeconds } = options;
  const refreshed = await findRefreshToken(text, caller, options);
  if (refreshed !== undefined) {
    // What came of an ID token of the grant as an assertion may live longer than the grant.
    const expiresAt = Math.max(refreshed.expiresAt + CLOCK_MARGIN_SECONDS, clock() + retentionSeconds);
    await state.revocations.revoke([{ kind: 'token', id: refreshed.grantId, expiresAt }]);
    await endGrant(refreshed.grantId, options);
    return { outcome: 'grant' };
  }
  const result = await verifier.verify(text);
  if (!result.ok) return unknownToken(result.reason, grant);
  const { token } = result;
  checkOwner(token, caller);
  const tokenId = token.id;
  const ownEnd = token.expiresAt + CLOCK_MARGIN_SECONDS;
  const longestEnd = Math.max(ownEnd, clock() + retentionSeconds);
  const expiresAt = mayBeOutlived(token) ? longestEnd : ownEnd;
  const revocations: Revocation[] = [{ kind: 'token', id: tokenId, expiresAt }];
  if (grant) {
    if (!isOwnRoot(token)) requireRevokeAll(caller);
    // The root, and with it the rest of the grant, may live longer than this token.
    revocations.push({ kind: 'token', id: grantIdOf(token), expiresAt: longestEnd });
  }
  await state.revocations.revoke(revocations);
  if (grant) await endGrant(grantIdOf(token), options);
  return { outcome: grant ? 'grant' : 'token', tokenId };
}

/** What cannot be used any more is as good as revoked, but the grant of a token may go on when that has expired. */
function unknownToken(reason: TokenRefusal, grant: boolean): RevocationOutcome {
  if (NOT_YET.has(reason)) throw new OAuthError('invalid_request', 'The token is not valid yet');
  if (!grant || reason !== 'expired') return { outcome: 'unknown' };
  throw new OAuthError('invalid_request', 'The token has expired: end its grant by one that has not');
}

/**
 * Whether what is derived from a token may live longer than it: handed in as an assertion, a JWT that is no access token
 * lives for as long as that takes (docs/delegation.md section 9). By what it says itself: who exchanges it may be told
 * otherwise of its issuer than we are.
 */
function mayBeOutlived({ header, claims }: VerifiedToken): boolean {
  return tokenKind(header.typ, claims) !== 'access_token';
}

/** RFC 7009 section 2.1: of the client that it was issued to, with every token of its grant. */
async function findRefreshToken(
  text: string,
  { clientId, own }: Caller,
  { state: { refreshTokens } }: RevokeTokenOptions,
): Promise<RefreshToken | undefined> {
  const digest = digestOfIdentifier(text);
  return own && digest !== undefined ? refreshTokens.find(digest, clientId) : undefined;
}

async function endGrant(grantId: string, { state }: RevokeTokenOptions): Promise<void> {
  await state.refreshTokens.end(grantId);
  await state.delegations.end(grantId);
}

/**
 * Whether the token is the root of its grant, and says so itself or on the word of our own services: whoever issues
 * tokens under another name could write the grant of somebody else into one, and end that.
 */
function isOwnRoot(token: VerifiedToken): boolean {
  return ancestorsOf(token).length === 0 && (token.trust.own || grantIdOf(token) === token.id);
}

/** RFC 7009 section 2.1: a token is revoked by the client it was issued to. */
function checkOwner(token: VerifiedToken, caller: Caller): void {
  if (isIssuedTo({ ...token, clientId: ownerOf(token) }, caller) || caller.scopes.includes(REVOKE_ALL)) return;
  throw new OAuthError('invalid_request', 'The token was issued to another client');
}

/** An ID token need not name its client but by its one audience (OpenID Connect Core section 2). */
function ownerOf({ clientId, kind, audience }: VerifiedToken): string | undefined {
  return clientId ?? (kind === 'id_token' && audience.length === 1 ? audience[0] : undefined);
}

function requireRevokeAll({ scopes, bearer }: Caller): void {
  if (scopes.includes(REVOKE_ALL)) return;
  throw new OAuthError(
    'insufficient_scope',
    `Without the scope ${REVOKE_ALL} the caller may revoke its own tokens only`,
    {
      headers:
        bearer === undefined ? {} : { 'WWW-Authenticate': `Bearer error="insufficient_scope", scope="${REVOKE_ALL}"` },
    },
  );
}
