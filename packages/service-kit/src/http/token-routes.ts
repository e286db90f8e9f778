import { type Form, OAuthError, singleParameter } from '@mandate/oauth';
import type { EndpointRequest, TokenEndpoint } from '../service.js';
import { endpointRequest } from './endpoint-request.js';
import { readForm, withParameters } from './read-form.js';
import type { Route } from './routes.js';

/** The routes of token endpoints: those that share a path are told apart by `grant_type` (RFC 6749 section 3.2). */
export function tokenRoutes(endpoints: readonly TokenEndpoint[]): Route[] {
  return [...new Set(endpoints.flatMap(({ paths }) => paths))].map((path) => {
    const onPath = endpoints.filter(({ paths }) => paths.includes(path));
    return { method: 'POST', path, handle: handleOn(onPath) };
  });
}

function handleOn(onPath: readonly TokenEndpoint[]): Route['handle'] {
  return async (request, response) => {
    const received = endpointRequest(request, response, { form: await readForm(request) });
    const { endpoint, form } = selectByGrant(onPath, received);
    return endpoint.handle(form === received.form ? received : endpointRequest(request, response, { form }));
  };
}

/**
 * The endpoint that serves the `grant_type` of a request, with the form as that endpoint reads it.
 * @throws OAuthError `unsupported_grant_type`; `invalid_request` when it is missing or repeated.
 */
function selectByGrant(
  endpoints: readonly TokenEndpoint[],
  request: EndpointRequest,
): { endpoint: TokenEndpoint; form: Form } {
  let given = false;
  for (const endpoint of endpoints) {
    const form = withParameters(request, endpoint.queryParameters ?? []);
    const grantType = singleParameter(form, 'grant_type');
    given ||= grantType !== undefined;
    if (grantType === endpoint.grantType) return { endpoint, form };
  }
  if (given) throw new OAuthError('unsupported_grant_type', 'This grant type is not supported here');
  throw new OAuthError('invalid_request', 'Parameter grant_type is missing');
}
