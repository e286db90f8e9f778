import type { Caller } from '@mandate/clients';
import type { EndpointRequest } from '@mandate/service-kit';
import type { Grant } from './grant.js';

/** What keeps a caller from a grant, whatever it asks for: a scope, a grant type in its record, its certificate. */
export type CallerLack = 'scope' | 'grant_type' | 'certificate';

/** The first thing that a caller lacks to use a grant; `undefined`: nothing. @throws OAuthError for what is no certificate */
export function callerLacks(
  { client, scopes }: Pick<Caller, 'client' | 'scopes'>,
  { grantType, requiredScope }: Pick<Grant, 'grantType' | 'requiredScope'>,
  request: Pick<EndpointRequest, 'certificate'>,
): CallerLack | undefined {
  if (requiredScope !== undefined && !scopes.includes(requiredScope)) return 'scope';
  if (client?.grantTypes?.includes(grantType) === false) return 'grant_type';
  return isBound(client) && request.certificate() === undefined ? 'certificate' : undefined;
}

/** RFC 8705 section 3: a client that is registered for bound tokens is given none that would be good without its certificate. */
export function isBound(client: Caller['client']): boolean {
  return client?.tlsClientCertificateBoundAccessTokens === true;
}
