import type { CallerAuthentication, Client, ClientCaller } from '@mandate/clients';
import { CIBA_GRANT, OAuthError, formatScope, singleParameter } from '@mandate/oauth';
import type { Clock, Metrics } from '@mandate/ports';
import {
  type CountedResponse,
  type Endpoint,
  type EndpointMetadata,
  type EndpointRequest,
  createOutcomeCounter,
} from '@mandate/service-kit';
import { ASYMMETRIC_ALGORITHMS } from '@mandate/token';
import type { AskPerson } from './ask-person.js';
import { type AuthenticationRequest, parseAuthenticationRequest } from './authentication-request.js';
import { hasRequestParameters } from './request-parameters.js';
import type { ReadSignedRequest } from './signed-request.js';

const PATHS = ['/oauth2/bc-authorize', '/service/bc-authorize'];

/** OpenID CIBA Core section 4. */
const METADATA: EndpointMetadata = {
  name: 'backchannel_authentication',
  members: {
    backchannel_token_delivery_modes_supported: ['poll', 'ping'],
    backchannel_authentication_request_signing_alg_values_supported: [...ASYMMETRIC_ALGORITHMS],
    backchannel_user_code_parameter_supported: false,
  },
};

export interface AuthorizeCollaborators {
  callers: CallerAuthentication<ClientCaller>;
  readSignedRequest: ReadSignedRequest;
  askPerson: AskPerson;
  /** See {@link parseAuthenticationRequest}. */
  needsContext: boolean;
  clock: Clock;
  metrics: Metrics;
}

/** `POST /service/bc-authorize`, the backchannel authentication endpoint (OpenID CIBA Core section 7). */
export function authorizeEndpoint(collaborators: AuthorizeCollaborators): Endpoint {
  const count = createOutcomeCounter(collaborators.metrics, {
    name: 'backchannel_requests_total',
    help: 'Requests to ask a person, by outcome',
    labels: {},
    outcomes: ['asked'],
  });
  return {
    method: 'POST',
    paths: PATHS,
    metadata: METADATA,
    handle: (request) => count({}, () => authorize(request, collaborators)),
  };
}

async function authorize(request: EndpointRequest, collaborators: AuthorizeCollaborators): Promise<CountedResponse> {
  const { callers, askPerson } = collaborators;
  const { client } = await callers.authenticate(request);
  checkRegistration(client);
  const parameters = await readRequest(request, client, collaborators);
  const { context } = request;
  const { authReqId, request: question } = await askPerson({ client, parameters, context });
  context.log.info('person asked', { client: client.clientId, scopes: formatScope(question.scopes) });
  const body = {
    auth_req_id: authReqId,
    expires_in: question.expiresAt - question.created,
    interval: question.interval,
  };
  return { outcome: 'asked', response: { body } };
}

/** Section 13: nobody is asked for a client whose record does not say so; a record without grant types does not. */
function checkRegistration({ grantTypes = [] }: Client): void {
  if (grantTypes.includes(CIBA_GRANT)) return;
  throw new OAuthError('unauthorized_client', 'The client may not ask people');
}

/** Signed where the client is registered for that, and then nothing of it stands outside (section 7.1.1). */
async function readRequest(
  { form }: EndpointRequest,
  client: Client,
  { readSignedRequest, needsContext, clock }: AuthorizeCollaborators,
): Promise<AuthenticationRequest> {
  const signedRequest = singleParameter(form, 'request');
  if (signedRequest === undefined) {
    if (client.backchannelAuthenticationRequestSigningAlg === undefined) {
      return parseAuthenticationRequest(form, client, { now: clock(), needsContext });
    }
    throw new OAuthError('invalid_request', 'The client is registered for signed requests');
  }
  if (hasRequestParameters(form)) {
    throw new OAuthError('invalid_request', 'Parameters beside a signed request');
  }
  const verifiedRequest = await readSignedRequest(signedRequest, client);
  const request = parseAuthenticationRequest(verifiedRequest.parameters, client, { now: clock(), needsContext });
  await verifiedRequest.useUp();
  return request;
}
