import type { Caller } from '@mandate/clients';
import { OAuthError } from '@mandate/oauth';

const OF_ACTING = ['act', 'act_as', 'may_act', 'authorization_details'];

/**
 * A token with which somebody acts for its subject is not the subject's own: what was agreed to does not include to
 * answer for people, nor to see and end all that they agreed to. @throws OAuthError `access_denied`
 */
export function checkOwnToken({ bearer }: Caller): void {
  if (bearer === undefined || OF_ACTING.every((name) => bearer.claims[name] === undefined)) return;
  throw new OAuthError('access_denied', 'The token is for acting for its subject, and not of the subject');
}

/**
 * What clients may do for people is for our own records to say: the scopes of another issuer are names of its own, and
 * whoever trusts it for its users did not trust it to answer for them. @throws OAuthError `access_denied`
 */
export function checkOwnClient({ own }: Caller): void {
  if (!own) throw new OAuthError('access_denied', 'The caller is not a client of this server');
}
