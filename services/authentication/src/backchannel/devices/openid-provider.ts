import * as z from 'zod';
import type { ClientProof } from '@mandate/composition';
import { CIBA_GRANT, ERROR_STATUS, OAuthError } from '@mandate/oauth';
import {
  type HttpClient,
  type HttpResponse,
  type JsonObject,
  jsonObjectIn,
  parseJsonAnswer,
  UpstreamError,
} from '@mandate/ports';

/** What a poll brought. */
export type ProviderAnswer =
  { kind: 'pending' | 'slow_down' | 'denied' | 'expired' } | { kind: 'answered'; idToken: string };

/** What the provider said of a request. Seconds. */
export interface ProviderRequest {
  authReqId: string;
  interval: number;
}

/** Another provider's CIBA (OpenID CIBA Core 1.0), as its client sees it, by poll. Every method @throws UpstreamError. */
export interface OpenidProvider {
  /**
   * `undefined`: it knows nobody of that name, and says so.
   * @throws OAuthError `invalid_binding_message` where it cannot show that to anybody.
   */
  ask(parameters: Readonly<Record<string, string>>): Promise<ProviderRequest | undefined>;
  poll(authReqId: string): Promise<ProviderAnswer>;
}

export interface OpenidProviderOptions {
  http: HttpClient;
  issuer: string;
  authentication: ClientProof;
  /** Makes a signed request of the parameters (section 7.1.1), and who it is of; absent: they are sent as they are. */
  requestSigning?: { clientId: string; sign: (parameters: JsonObject) => Promise<string> } | undefined;
  /** Bounds each whole answer, milliseconds. */
  timeoutMs: number;
}

export const OPENID_DEVICE = 'device:openid';
const MAX_ANSWER_BYTES = 65_536;

const discoveryDocument = z.looseObject({
  issuer: z.string(),
  backchannel_authentication_endpoint: z.url({ protocol: /^https?$/ }),
  token_endpoint: z.url({ protocol: /^https?$/ }),
});
const requestBody = z.looseObject({ auth_req_id: z.string().min(1), interval: z.int().min(1).max(600).default(5) });
const tokenBody = z.looseObject({ id_token: z.string().min(1) });
const errorBody = z.looseObject({ error: z.string() });

/** OpenID CIBA Core section 11; of AM the documents do not say, and its device flow answers 403. */
const POLL_STATUS: ReadonlySet<number> = new Set([400, 403]);
const POLL_ERRORS: Readonly<Record<string, Exclude<ProviderAnswer['kind'], 'answered'>>> = {
  authorization_pending: 'pending',
  slow_down: 'slow_down',
  access_denied: 'denied',
  expired_token: 'expired',
};

export function createOpenidProvider(options: OpenidProviderOptions): OpenidProvider {
  const { http, issuer, authentication, requestSigning, timeoutMs } = options;
  const endpoints = createEndpoints(options);
  const post = async (endpoint: Endpoint, parameters: Readonly<Record<string, string>>): Promise<HttpResponse> => {
    const url = await endpoints.find(endpoint);
    const { headers = {}, form = {} } = await authentication();
    return http.send({
      method: 'POST',
      url,
      // what an answer named is another party's choice, unless it is where the operator sent us (docs/security.md K4)
      learned: new URL(url).origin !== new URL(issuer).origin,
      timeoutMs,
      maxResponseBytes: MAX_ANSWER_BYTES,
      headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
      body: new URLSearchParams({ ...parameters, ...form }).toString(),
    });
  };

  const ask: OpenidProvider['ask'] = async (parameters) => {
    // AM demands the client's name beside a signed request, as RFC 9101 section 5 does
    const form = requestSigning
      ? { client_id: requestSigning.clientId, request: await requestSigning.sign(parameters) }
      : parameters;
    const response = await post('backchannel_authentication_endpoint', form);
    const error = response.status === 400 ? errorOf(response) : undefined;
    if (error === 'unknown_user_id') return undefined;
    if (error === 'invalid_binding_message') {
      throw new OAuthError(error, 'The binding message is one that the provider cannot show');
    }
    const { auth_req_id: authReqId, interval } = parseBody(requestBody, 200, response);
    return { authReqId, interval };
  };
  const poll: OpenidProvider['poll'] = async (authReqId) => {
    const response = await post('token_endpoint', { grant_type: CIBA_GRANT, auth_req_id: authReqId });
    const kind = POLL_STATUS.has(response.status) ? POLL_ERRORS[errorOf(response) ?? ''] : undefined;
    if (kind !== undefined) return { kind };
    return { kind: 'answered', idToken: parseBody(tokenBody, 200, response).id_token };
  };
  return {
    ask: (parameters) => endpoints.keepOnSuccess(ask(parameters)),
    poll: (authReqId) => endpoints.keepOnSuccess(poll(authReqId)),
  };
}

type Endpoint = 'backchannel_authentication_endpoint' | 'token_endpoint';

/** The endpoints that the provider's discovery names, looked up when they are needed and not known. */
function createEndpoints({ http, issuer, timeoutMs }: OpenidProviderOptions) {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  let endpoints: z.infer<typeof discoveryDocument> | undefined;
  const discover = async (): Promise<z.infer<typeof discoveryDocument>> => {
    const response = await http.send({ method: 'GET', url, timeoutMs, maxResponseBytes: MAX_ANSWER_BYTES });
    const document = parseBody(discoveryDocument, 200, response);
    if (document.issuer !== issuer) throw providerError('refused', 'the discovery document is of another issuer');
    return document;
  };
  return {
    async find(endpoint: Endpoint): Promise<string> {
      endpoints ??= await discover();
      return endpoints[endpoint];
    },
    /** Forgets them when the exchange fails: the provider may have moved them. */
    async keepOnSuccess<T>(exchange: Promise<T>): Promise<T> {
      try {
        return await exchange;
      } catch (error) {
        endpoints = undefined;
        throw error;
      }
    },
  };
}

function errorOf({ body }: HttpResponse): string | undefined {
  const result = errorBody.safeParse(jsonObjectIn(body));
  return result.success ? result.data.error : undefined;
}

function parseBody<T>(schema: z.ZodType<T>, status: number, response: HttpResponse): T {
  if (response.status !== status) throw providerError('status', statusOf(response));
  const result = schema.safeParse(parseJsonAnswer(OPENID_DEVICE, response.body));
  if (result.success) return result.data;
  throw providerError('malformed', 'an answer of another form');
}

/** With the error code where it is one of the protocol: what else a body says is not for the log. */
function statusOf(response: HttpResponse): string {
  const code = errorOf(response);
  return `status ${response.status}${code !== undefined && Object.hasOwn(ERROR_STATUS, code) ? ` ${code}` : ''}`;
}

function providerError(failure: UpstreamError['failure'], detail: string): UpstreamError {
  return new UpstreamError(OPENID_DEVICE, failure, detail);
}
