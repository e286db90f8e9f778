import type { Consent } from '@mandate/delegations';
import { type HttpClient, parseJsonAnswer, traceHeaders, UpstreamError } from '@mandate/ports';
import type { ClientProof } from '@mandate/composition';
import { type CibaEndpoint, CONSENT_DEPENDENCY, createCibaConsent } from './ciba-consent.js';

export interface HttpConsentOptions {
  http: HttpClient;
  /** The base URL of authentication. */
  url: string;
  proof: ClientProof;
  /** Bounds each whole answer, milliseconds. */
  timeoutMs: number;
  /** What the tokens are for. */
  resource: string;
}

const PATHS: Record<CibaEndpoint, string> = { ask: '/service/bc-authorize', poll: '/service/access_token' };
const MAX_ANSWER_BYTES = 65_536;

/** authentication over HTTP. An answer that was given up may have been given: a poll is never cut short by the caller. */
export function createHttpConsent({ http, url, proof, timeoutMs, resource }: HttpConsentOptions): Consent {
  return createCibaConsent(
    async (endpoint, parameters, context) => {
      const { headers = {}, form = {} } = await proof();
      const response = await http.send({
        method: 'POST',
        url: `${url.replace(/\/$/, '')}${PATHS[endpoint]}`,
        timeoutMs,
        maxResponseBytes: MAX_ANSWER_BYTES,
        body: new URLSearchParams({ ...parameters, ...form }).toString(),
        headers: {
          'Content-Type': 'application/x-www-form-urlencoded',
          ...traceHeaders(context),
          ...headers,
        },
      });
      const { status } = response;
      if (status >= 500) throw new UpstreamError(CONSENT_DEPENDENCY, 'status', `status ${status}`);
      const body = parseJsonAnswer(CONSENT_DEPENDENCY, response.body);
      return { status, body, retryAfter: response.headers['retry-after'] };
    },
    { resource },
  );
}
