import { type Caller, type CallerAuthentication, clientFields } from '@mandate/clients';
import { CERTIFICATE_CONFIRMATION, OAuthError, formatScope } from '@mandate/oauth';
import type { JsonObject, Metrics } from '@mandate/ports';
import {
  type EndpointMetadata,
  type EndpointRequest,
  type EndpointResponse,
  type TokenEndpoint,
  createOutcomeCounter,
} from '@mandate/service-kit';
import { type CallerLack, callerLacks, isBound } from './caller-lacks.js';
import type { Grant, GrantedToken } from './grant.js';

export interface TokenEndpointOptions<C extends Caller> {
  /** The standard path first. */
  paths: readonly string[];
  /** Parameters that may come in the query string as well (IMS). Never a credential or a token. */
  queryParameters?: readonly string[];
  /** Who calls, within the rate limits. */
  callers: CallerAuthentication<C>;
  grants: readonly Grant<C>[];
  /** Whether certificates of clients are known here, so that tokens can be bound to them (RFC 8705 section 3.3). */
  bindsTokens: boolean;
  metrics: Metrics;
}

/**
 * The token endpoint of a service, one entry a grant. Around each stand, once and in this order: authentication of the
 * caller and its rate limits, the scope that the grant asks for, the grant types of the caller's record, the grant
 * itself, the log line, the response and the metric. No grant can forget one of them.
 *
 * @example
 * const grants = [createClientCredentialsGrant(issueToken)];
 * const tokenEndpoints = createTokenEndpoints({ paths: ['/oauth2/token'], callers, grants, bindsTokens, metrics });
 */
export function createTokenEndpoints<C extends Caller>(options: TokenEndpointOptions<C>): TokenEndpoint[] {
  const { paths, queryParameters = [], callers, grants, metrics } = options;
  const count = createOutcomeCounter(metrics, {
    name: 'token_requests_total',
    help: 'Token requests, by grant type and outcome',
    labels: { grant_type: grants.map(({ grantType }) => grantType) },
    outcomes: ['issued'],
  });
  const metadata = tokenEndpointMetadata(options);
  return grants.map((grant) => ({
    paths,
    queryParameters,
    grantType: grant.grantType,
    metadata,
    handle: (request) =>
      count({ grant_type: grant.grantType }, async () => ({
        outcome: 'issued',
        response: await answer(grant, request, callers),
      })),
  }));
}

async function answer<C extends Caller>(
  grant: Grant<C>,
  request: EndpointRequest,
  callers: CallerAuthentication<C>,
): Promise<EndpointResponse> {
  const { grantType, requiredScope } = grant;
  const caller = await callers.authenticate(request, requiredScope);
  const lack = callerLacks(caller, grant, request);
  if (lack !== undefined) throw refusalOf(lack);
  const granted = await grant.issue({ ...request, caller, confirmation: confirmationOf(caller, request) });
  request.context.log.info('token issued', {
    ...clientFields(caller),
    grantType,
    authenticationMethod: caller.method,
    scopes: formatScope(granted.scopes),
    tokenId: granted.tokenId,
  });
  return { body: tokenResponse(granted), ...(granted.headers !== undefined && { headers: granted.headers }) };
}

/** RFC 6749 section 5.2. */
function refusalOf(lack: CallerLack): OAuthError {
  switch (lack) {
    case 'scope':
      return new OAuthError('insufficient_scope', 'The caller lacks the scope of this grant');
    case 'grant_type':
      return new OAuthError('unauthorized_client', 'The client may not use this grant type');
    case 'certificate':
      return new OAuthError(
        'invalid_request',
        'The tokens of the client are bound to its certificate, and it shows none',
      );
  }
}

function confirmationOf({ client }: Caller, request: EndpointRequest): JsonObject | undefined {
  const certificate = isBound(client) ? request.certificate() : undefined;
  return certificate === undefined ? undefined : { [CERTIFICATE_CONFIRMATION]: certificate };
}

/** RFC 6749 section 5.1. */
function tokenResponse({ token, tokenType, expiresIn, scopes, members }: GrantedToken): JsonObject {
  return {
    access_token: token,
    token_type: tokenType,
    expires_in: expiresIn,
    ...(scopes.length > 0 && { scope: formatScope(scopes) }),
    ...members,
  };
}

/** RFC 8414 section 2 has registered methods only here: a bearer token is announced where nothing else is accepted. */
function tokenEndpointMetadata<C extends Caller>({ callers, bindsTokens }: TokenEndpointOptions<C>): EndpointMetadata {
  const { supported } = callers;
  const registered = supported.methods.filter((method) => method !== 'Bearer');
  const methods = registered.length > 0 ? registered : supported.methods;
  return {
    name: 'token',
    authentication: { ...supported, methods },
    ...(bindsTokens && { members: { tls_client_certificate_bound_access_tokens: true } }),
  };
}
