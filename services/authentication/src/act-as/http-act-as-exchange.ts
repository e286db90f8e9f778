import { type HttpClient, parseJsonAnswer, traceHeaders, UpstreamError } from '@mandate/ports';
import { type ActAsExchange, actAsForm } from './act-as-exchange.js';
import { ACT_AS_DEPENDENCY, readGrantedToken, refusalOf } from './exchange-answer.js';

export interface HttpActAsExchangeOptions {
  http: HttpClient;
  /** The token endpoint of token-exchange. */
  url: string;
  /** Bounds the whole answer, milliseconds. */
  timeoutMs: number;
}

const MAX_ANSWER_BYTES = 65_536;

/** token-exchange over HTTP, called with the party's own token (RFC 6750) and asked about it (RFC 7523 section 2.1). */
export function createHttpActAsExchange({ http, url, timeoutMs }: HttpActAsExchangeOptions): ActAsExchange {
  return {
    async exchange({ token, form, request: { context, signal } }) {
      const fields = [...actAsForm({ token, form })];
      const response = await http.send({
        method: 'POST',
        url,
        signal: signal(),
        timeoutMs,
        maxResponseBytes: MAX_ANSWER_BYTES,
        body: new URLSearchParams(
          fields.flatMap(([name, values]) => values.map((value): [string, string] => [name, value])),
        ).toString(),
        headers: {
          'Content-Type': 'application/x-www-form-urlencoded',
          Authorization: `Bearer ${token}`,
          ...traceHeaders(context),
        },
      });
      if (response.status >= 500) throw new UpstreamError(ACT_AS_DEPENDENCY, 'status', `status ${response.status}`);
      const body = parseJsonAnswer(ACT_AS_DEPENDENCY, response.body);
      if (response.status === 200) return readGrantedToken(body);
      throw refusalOf(response.status, body);
    },
  };
}
