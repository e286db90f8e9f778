import type { CallerAuthentication, ClientCaller } from '@mandate/clients';
import type { Metrics } from '@mandate/ports';
import type { Endpoint, Service } from '@mandate/service-kit';
import { type Grant, createTokenEndpoints } from '@mandate/token-endpoint';

const PATHS = ['/oauth2/token', '/service/access_token'];
/** What may come in the query string (IMS). Never a credential. */
const QUERY_PARAMETERS = ['grant_type', 'scope'];

export interface AuthenticationCollaborators {
  callers: CallerAuthentication<ClientCaller>;
  grants: readonly Grant<ClientCaller>[];
  /** Beside the token endpoint. */
  endpoints: readonly Endpoint[];
  bindsTokens: boolean;
  metrics: Metrics;
}

/** The routes of authentication, over ready-made collaborators. */
export function authenticationRoutes(
  collaborators: AuthenticationCollaborators,
): Pick<Service, 'endpoints' | 'tokenEndpoints'> {
  const tokenEndpoints = createTokenEndpoints({ ...collaborators, paths: PATHS, queryParameters: QUERY_PARAMETERS });
  return { endpoints: collaborators.endpoints, tokenEndpoints };
}
