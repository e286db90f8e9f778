import type { Client } from '@mandate/clients';
import {
  type Delegation,
  type DelegationStore,
  type RefreshTokenStore,
  createOpaqueIdentifier,
  digestOf,
} from '@mandate/delegations';
import { OAuthError, REFRESH_TOKEN_GRANT } from '@mandate/oauth';
import type { Clock, JsonObject, TraceContext } from '@mandate/ports';
import { type RevocationStore, isLastingGrantRevoked } from '@mandate/token';
import type { GrantedToken } from '@mandate/token-endpoint';
import type { IssuePersonTokens, PersonGrant } from '../issue/person-tokens.js';
import type { DelegationLog } from './delegation-log.js';

export interface StartDelegationOptions {
  delegations: DelegationStore;
  revocations: RevocationStore;
  refreshTokens: RefreshTokenStore;
  issuePersonTokens: IssuePersonTokens;
  log: DelegationLog;
  issuer: string;
  clock: Clock;
  /** How long a delegation may be refreshed, in seconds. */
  refreshSeconds: number;
}

/** What a person let a client have just now. */
export interface NewDelegation {
  grant: PersonGrant;
  client: Client;
  /** What its access token is bound to. */
  confirmation: JsonObject | undefined;
  origin: Delegation['origin'];
  /** When they were asked, epoch seconds: what was ended since then, for them or for the client, does not begin. */
  since: number;
}

/**
 * Makes the delegation of what a person agreed to, and its first tokens: a refresh token too where the client's record
 * has that grant. The record stands before anybody has a token of it.
 * @throws OAuthError `invalid_grant` when it is over already, UpstreamError when it cannot be recorded.
 */
export type StartDelegation = (delegation: NewDelegation, context: TraceContext) => Promise<GrantedToken>;

export function createStartDelegation(options: StartDelegationOptions): StartDelegation {
  const { delegations, revocations, refreshTokens, issuePersonTokens, log, issuer, clock, refreshSeconds } = options;
  return async ({ grant, client, confirmation, origin, since }, context) => {
    const now = clock();
    const isRefreshed = client.grantTypes?.includes(REFRESH_TOKEN_GRANT) === true;
    const last = Math.min(grant.agreement?.until ?? Infinity, isRefreshed ? now + refreshSeconds : Infinity);
    if (last <= now) throw over();
    const grantedToken = await issuePersonTokens(grant, { client, until: last, confirmation });
    const until = isRefreshed ? last : now + grantedToken.expiresIn;
    const { clientId } = client;
    const subject = { iss: issuer, sub: grant.sub };
    // Once it is signed: a cut-off that comes later ends it by its `iat`.
    const { grantId } = grant;
    if (await isLastingGrantRevoked(revocations, { grantId, subject, clientId, since })) throw over();
    const delegation = { ...termsOf(grant, clientId), subject, created: now, until, origin };
    if ((await delegations.record(delegation)) === 'ended') throw over();
    await log.start(delegation, context);
    if (!isRefreshed) return grantedToken;
    const refreshToken = createOpaqueIdentifier();
    await refreshTokens.issue({ ...grant, clientId, digest: digestOf(refreshToken), expiresAt: until });
    return { ...grantedToken, members: { ...grantedToken.members, refresh_token: refreshToken } };
  };
}

/** Where nobody else is agreed to, it is the client itself that acts. */
function termsOf(
  { grantId, agreement, scopes, resources }: PersonGrant,
  clientId: string,
): Omit<Delegation, 'subject' | 'created' | 'until' | 'origin'> {
  const { actor = { clientId }, purpose, uses } = agreement ?? {};
  return {
    id: grantId,
    actor,
    clientId,
    scopes: agreement?.scopes ?? scopes,
    locations: agreement?.locations ?? resources,
    used: 0,
    ...(purpose !== undefined && { purpose }),
    ...(uses !== undefined && { uses }),
  };
}

function over(): OAuthError {
  return new OAuthError('invalid_grant', 'What was agreed to is over');
}
