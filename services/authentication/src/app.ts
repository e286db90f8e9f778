import type { ClientAuthentication } from '@mandate/clients';
import { ERROR_STATUS, OAuthError, type OAuthErrorCode, formatScope, requiredParameter } from '@mandate/oauth';
import { type JsonObject, UpstreamError } from '@mandate/ports';
import type { EndpointRequest, EndpointResponse, Metrics, Service } from '@mandate/service-kit';
import type { Grant, Grants } from './grant.js';
import type { IssuedToken } from './issue-token.js';

const PATHS = ['/service/access_token', '/oauth2/token'];
/** What may come in the query string (IMS). Never a credential. */
const QUERY_PARAMETERS = ['grant_type', 'scope'];

export interface AuthenticationCollaborators {
  clients: ClientAuthentication;
  grants: Grants;
  metrics: Metrics;
}

/** The routes of authentication, over ready-made collaborators. */
export function authenticationRoutes(
  collaborators: AuthenticationCollaborators,
): Pick<Service, 'endpoints' | 'tokenEndpoints'> {
  const { clients, grants } = collaborators;
  const grantTypes = [...grants.keys()];
  const count = tokenRequestCounter(collaborators.metrics, grantTypes);

  const issue = async ({ authorization, form, address, context }: EndpointRequest): Promise<EndpointResponse> => {
    const { client, method } = await clients.authenticate({ authorization, form, address });
    const grantType = requiredParameter(form, 'grant_type');
    const grant = permittedGrant(grants, grantType, client.grantTypes);
    const issued = await grant({ client, form });
    context.log.info('token issued', {
      client: client.clientId,
      grantType,
      authenticationMethod: method,
      scopes: formatScope(issued.scopes),
      tokenId: typeof issued.claims['jti'] === 'string' ? issued.claims['jti'] : undefined,
    });
    return { body: tokenResponse(issued) };
  };

  const handle = (request: EndpointRequest): Promise<EndpointResponse> => count(request, issue);
  const endpoint = { grantTypes, queryParameters: QUERY_PARAMETERS, handle };
  return { endpoints: [], tokenEndpoints: PATHS.map((path) => ({ path, ...endpoint })) };
}

/** RFC 6749 section 5.2: `unsupported_grant_type` is the server's limit, `unauthorized_client` the client's. */
function permittedGrant(grants: Grants, grantType: string, permitted: readonly string[] | undefined): Grant {
  const grant = grants.get(grantType);
  if (grant === undefined) throw new OAuthError('unsupported_grant_type', 'This grant type is not supported here');
  if (permitted !== undefined && !permitted.includes(grantType)) {
    throw new OAuthError('unauthorized_client', 'The client may not use this grant type');
  }
  return grant;
}

/** RFC 6749 section 5.1. */
function tokenResponse({ accessToken, expiresIn, scopes }: IssuedToken): JsonObject {
  return {
    access_token: accessToken,
    token_type: 'Bearer',
    expires_in: expiresIn,
    ...(scopes.length > 0 && { scope: formatScope(scopes) }),
  };
}

function outcomeOf(error: unknown): OAuthErrorCode {
  if (error instanceof OAuthError) return error.code;
  return error instanceof UpstreamError ? 'temporarily_unavailable' : 'server_error';
}

type Handler = (request: EndpointRequest) => Promise<EndpointResponse>;

function tokenRequestCounter(metrics: Metrics, grantTypes: readonly string[]) {
  const requests = metrics.counter({
    name: 'token_requests_total',
    help: 'Token requests, by grant type and outcome',
    labels: { grant_type: grantTypes, outcome: ['issued', ...Object.keys(ERROR_STATUS)] },
  });
  return async (request: EndpointRequest, handle: Handler): Promise<EndpointResponse> => {
    const grantType = request.form.get('grant_type')?.[0] ?? '';
    try {
      const response = await handle(request);
      requests.increment({ grant_type: grantType, outcome: 'issued' });
      return response;
    } catch (error) {
      requests.increment({ grant_type: grantType, outcome: outcomeOf(error) });
      throw error;
    }
  };
}
