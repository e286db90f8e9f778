import type { Consent } from '@mandate/delegations';
import { CIBA_GRANT, type Form, OAuthError } from '@mandate/oauth';
import { isJsonObject, traceIdOf, UpstreamError } from '@mandate/ports';
import {
  type EndpointRequest,
  type EndpointResponse,
  type Logger,
  type Service,
  localRequest,
} from '@mandate/service-kit';
import { type CibaEndpoint, type CibaTransport, CONSENT_DEPENDENCY, createCibaConsent } from './ciba-consent.js';

/** authentication in this very process, and as which client it is asked. */
export interface LocalAuthentication {
  /** It may be made after this service. */
  service: () => Pick<Service, 'endpoints' | 'tokenEndpoints'> | undefined;
  client: { clientId: string; secret: string };
}

/** People are asked by authentication in this process. */
export function createLocalConsent(
  authentication: LocalAuthentication,
  { resource, logger }: { resource: string; logger: Logger },
): Consent {
  return createCibaConsent(createLocalTransport(authentication, { logger }), { resource });
}

/** The endpoints of authentication in this process, asked as over HTTP, without the hop. */
export function createLocalTransport(
  { service, client }: LocalAuthentication,
  { logger }: { logger: Logger },
): CibaTransport {
  return async (endpoint, parameters, { transactionId, traceparent, signal }) => {
    const handle = handlerOf(service(), endpoint);
    if (handle === undefined) throw new UpstreamError(CONSENT_DEPENDENCY, 'refused', 'CIBA_CHANNEL is not set');
    const log = logger.child({ transactionId, traceId: traceIdOf(traceparent) });
    return answerOf(() =>
      handle(
        localRequest({
          form: formOf(parameters),
          authorization: { scheme: 'basic', credentials: client },
          // no address that a message from outside could come from: what is guessed there must not count against us
          address: () => 'this process',
          context: { transactionId, traceparent, log },
          signal,
        }),
      ),
    );
  };
}

function handlerOf(
  service: Pick<Service, 'endpoints' | 'tokenEndpoints'> | undefined,
  endpoint: CibaEndpoint,
): ((request: EndpointRequest) => Promise<EndpointResponse>) | undefined {
  const found =
    endpoint === 'ask'
      ? service?.endpoints.find(({ metadata }) => metadata?.name === 'backchannel_authentication')
      : service?.tokenEndpoints.find(({ grantType }) => grantType === CIBA_GRANT);
  return found && ((request) => found.handle(request));
}

function formOf(parameters: Readonly<Record<string, string>>): Form {
  return new Map(Object.entries(parameters).map(([name, value]) => [name, [value]]));
}

async function answerOf(ask: () => Promise<EndpointResponse>): ReturnType<CibaTransport> {
  try {
    const { status = 200, body } = await ask();
    return { status, body: isJsonObject(body) ? body : undefined };
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    const { status, code, description, headers, members } = error;
    const body = { error: code, error_description: description, ...members };
    return { status, body, retryAfter: headers['Retry-After'] };
  }
}
