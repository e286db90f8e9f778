import { type AuthenticationDevice, type DeviceQuestion, agreementDetail } from '@mandate/delegations';
import { formatScope } from '@mandate/oauth';
import { type Clock, type HttpClient, type JsonObject, traceHeaders, UpstreamError } from '@mandate/ports';
import type { TokenSigner } from '@mandate/token';

export interface WebhookDeviceOptions {
  http: HttpClient;
  /** The operator's app, which reaches the person and calls the decision endpoint. */
  url: string;
  /** Signs what it is sent. */
  signer: TokenSigner;
  issuer: string;
  clock: Clock;
  /** Bounds the whole answer, milliseconds. */
  timeoutMs: number;
}

const NAME = 'device:webhook';
/** RFC 8725 section 3.11: a type of its own, so that it never passes for anything else that we sign. */
const QUESTION_TYPE = 'ciba-question+jwt';
const ACCEPTED_STATUS: ReadonlySet<number> = new Set([200, 201, 202, 204]);
const MAX_ANSWER_BYTES = 65_536;

/** The operator's app, told by a JWT that we sign: it verifies by our published keys that nobody else asks. */
export function createWebhookDevice(options: WebhookDeviceOptions): AuthenticationDevice {
  const { http, url, signer, issuer, clock, timeoutMs } = options;
  return {
    async ask(question, context) {
      const claims = { iss: issuer, aud: url, iat: clock(), ...claimsOf(question) };
      const { status } = await http.send({
        method: 'POST',
        url,
        body: await signer.sign(claims, { typ: QUESTION_TYPE }),
        timeoutMs,
        maxResponseBytes: MAX_ANSWER_BYTES,
        headers: {
          'Content-Type': 'application/jwt',
          ...traceHeaders(context),
        },
      });
      if (!ACCEPTED_STATUS.has(status)) throw new UpstreamError(NAME, 'status', `status ${status}`);
    },
  };
}

/** `jti` is the request, so that one that is sent again is known by it. Without `sub` there is nobody to be asked. */
function claimsOf(question: DeviceQuestion): JsonObject {
  const { request, sub, clientId, scopes, resources, agreement, bindingMessage, acrValues, expiresAt } = question;
  return {
    jti: request,
    exp: expiresAt,
    request,
    client_id: clientId,
    scope: formatScope(scopes),
    ...(sub !== undefined && { sub }),
    ...(resources.length > 0 && { resource: [...resources] }),
    ...(bindingMessage !== undefined && { binding_message: bindingMessage }),
    ...(acrValues.length > 0 && { acr_values: acrValues.join(' ') }),
    ...(agreement !== undefined && { authorization_details: [agreementDetail(agreement)] }),
  };
}
