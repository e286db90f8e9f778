import { type Form, OAuthError, singleParameter } from '@mandate/oauth';
import type { TokenEndpoint } from '../service.js';
import { endpointRequest, sendEndpointResponse } from './endpoint-request.js';
import { readForm, withQueryParameters } from './read-form.js';
import type { Route } from './routes.js';

/** The routes of token endpoints: those that share a path are told apart by `grant_type` (RFC 6749 section 3.2). */
export function tokenRoutes(endpoints: readonly TokenEndpoint[]): Route[] {
  return [...new Set(endpoints.map(({ path }) => path))].map((path) => ({
    method: 'POST',
    path,
    async handle(request, response) {
      const onPath = endpoints.filter((endpoint) => endpoint.path === path);
      const { endpoint, form } = selectByGrant(onPath, await readForm(request), request.url);
      sendEndpointResponse(response, await endpoint.handle(endpointRequest(request, response, form)));
    },
  }));
}

/**
 * The endpoint that serves the `grant_type` of a request, with the form as that endpoint reads it.
 * @throws OAuthError `unsupported_grant_type`; `invalid_request` when it is missing or repeated.
 */
function selectByGrant(
  endpoints: readonly TokenEndpoint[],
  body: Form,
  url: string,
): { endpoint: TokenEndpoint; form: Form } {
  let given = false;
  for (const endpoint of endpoints) {
    const form = withQueryParameters(body, url, endpoint.queryParameters ?? []);
    const grantType = singleParameter(form, 'grant_type');
    given ||= grantType !== undefined;
    if (grantType !== undefined && endpoint.grantTypes.includes(grantType)) return { endpoint, form };
  }
  if (given) throw new OAuthError('unsupported_grant_type', 'This grant type is not supported here');
  throw new OAuthError('invalid_request', 'Parameter grant_type is missing');
}
