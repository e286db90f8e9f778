import * as z from 'zod';
import type { ClientProof } from '@mandate/composition';
import { CIBA_GRANT } from '@mandate/oauth';
import { type HttpClient, type HttpResponse, type JsonObject, parseJsonAnswer, UpstreamError } from '@mandate/ports';

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
  /** `undefined`: it knows nobody of that name, and says so. */
  ask(parameters: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<ProviderRequest | undefined>;
  poll(authReqId: string): Promise<ProviderAnswer>;
}

export interface OpenidProviderOptions {
  http: HttpClient;
  issuer: string;
  authentication: ClientProof;
  /** Makes a signed request of the parameters (section 7.1.1); absent: they are sent as they are. */
  signRequest?: ((parameters: JsonObject) => Promise<string>) | undefined;
  /** Bounds each whole answer, milliseconds. */
  timeoutMs: number;
}

export const OPENID_DEVICE = 'device:openid';
const MAX_ANSWER_BYTES = 65_536;

const discovered = z.looseObject({
  issuer: z.string(),
  backchannel_authentication_endpoint: z.url({ protocol: /^https?$/ }),
  token_endpoint: z.url({ protocol: /^https?$/ }),
});
const requestBody = z.looseObject({ auth_req_id: z.string().min(1), interval: z.int().min(1).max(600).default(5) });
const tokenBody = z.looseObject({ id_token: z.string().min(1) });
const errorBody = z.looseObject({ error: z.string() });

const POLL_ERRORS: Readonly<Record<string, Exclude<ProviderAnswer['kind'], 'answered'>>> = {
  authorization_pending: 'pending',
  slow_down: 'slow_down',
  access_denied: 'denied',
  expired_token: 'expired',
};

export function createOpenidProvider(options: OpenidProviderOptions): OpenidProvider {
  const { http, issuer, authentication, signRequest, timeoutMs } = options;
  const limits = { timeoutMs, maxResponseBytes: MAX_ANSWER_BYTES };
  let known: z.infer<typeof discovered> | undefined;

  const discover = async (): Promise<z.infer<typeof discovered>> => {
    const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
    const document = parsed(discovered, 200, await http.send({ method: 'GET', url, ...limits }));
    if (document.issuer !== issuer) throw failed('refused', 'the discovery document is of another issuer');
    return document;
  };
  const post = async (
    endpoint: 'backchannel_authentication_endpoint' | 'token_endpoint',
    parameters: Readonly<Record<string, string>>,
    signal?: AbortSignal,
  ): Promise<HttpResponse> => {
    known ??= await discover();
    const url = known[endpoint];
    const { headers = {}, form = {} } = await authentication();
    return http.send({
      method: 'POST',
      url,
      // what an answer named is another party's choice, unless it is where the operator sent us (docs/security.md K4)
      learned: new URL(url).origin !== new URL(issuer).origin,
      ...limits,
      ...(signal !== undefined && { signal }),
      headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
      body: new URLSearchParams({ ...parameters, ...form }).toString(),
    });
  };

  return {
    async ask(parameters, signal) {
      const form = signRequest === undefined ? parameters : { request: await signRequest(parameters) };
      const response = await post('backchannel_authentication_endpoint', form, signal);
      if (response.status === 400 && errorOf(response) === 'unknown_user_id') return undefined;
      const { auth_req_id: authReqId, interval } = parsed(requestBody, 200, response);
      return { authReqId, interval };
    },
    async poll(authReqId) {
      const response = await post('token_endpoint', { grant_type: CIBA_GRANT, auth_req_id: authReqId });
      const kind = response.status === 400 ? POLL_ERRORS[errorOf(response) ?? ''] : undefined;
      if (kind !== undefined) return { kind };
      return { kind: 'answered', idToken: parsed(tokenBody, 200, response).id_token };
    },
  };
}

function errorOf({ body }: HttpResponse): string | undefined {
  const read = errorBody.safeParse(parseJsonAnswer(OPENID_DEVICE, body));
  return read.success ? read.data.error : undefined;
}

function parsed<T>(schema: z.ZodType<T>, expected: number, { status, body }: HttpResponse): T {
  if (status !== expected) throw failed('status', `status ${status}`);
  const read = schema.safeParse(parseJsonAnswer(OPENID_DEVICE, body));
  if (read.success) return read.data;
  throw failed('malformed', 'an answer of another form');
}

function failed(failure: UpstreamError['failure'], detail: string): UpstreamError {
  return new UpstreamError(OPENID_DEVICE, failure, detail);
}
