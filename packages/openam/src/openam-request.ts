import {
  type HttpClient,
  type HttpRequest,
  type JsonValue,
  jsonObjectIn,
  parseJsonAnswer,
  UpstreamError,
  type UpstreamFailure,
} from '@mandate/ports';

const OPENAM = 'openam';
const MAX_ANSWER_BYTES = 262_144;

/** What AM answered. Its status decides; messages vary, so no error is read out of a body. */
export interface OpenamAnswer {
  status: number;
  /** `undefined` where the body of an error is no JSON object: AM leaves some empty. */
  body: JsonValue | undefined;
}

/**
 * Posts a question to AM, or a login, which leaves a session behind that ends by itself: nothing here is wrong to ask
 * twice. @throws UpstreamError when there is no answer of at most 256 KiB, or one of status 200 that is not JSON.
 */
export async function askOpenam(http: HttpClient, request: Omit<HttpRequest, 'method'>): Promise<OpenamAnswer> {
  const { status, body } = await http
    .send({ ...request, method: 'POST', repeatable: true, maxResponseBytes: MAX_ANSWER_BYTES })
    .catch((error: unknown) => {
      throw error instanceof UpstreamError ? openamError(error.failure, error.detail) : error;
    });
  return { status, body: status === 200 ? parseJsonAnswer(OPENAM, body) : jsonObjectIn(body) };
}

/** A question by one of the actions of an endpoint, at a version of it, as the session that goes in a header. */
export interface SessionQuestion extends Omit<HttpRequest, 'method'> {
  action: string;
  version: string;
  session: string;
  cookieName: string;
}

/** As {@link askOpenam}. */
export function askAsSession(
  http: HttpClient,
  { url, action, session, cookieName, version, headers, ...request }: SessionQuestion,
): Promise<OpenamAnswer> {
  const target = new URL(url);
  target.searchParams.set('_action', action);
  const own = {
    [cookieName]: session,
    'accept-api-version': `resource=${version}`,
    'content-type': 'application/json',
  };
  return askOpenam(http, { ...request, url: target.href, headers: { ...own, ...headers } });
}

/** A failure of AM. The detail is fixed text or a status: never anything AM or a caller wrote. */
export function openamError(failure: UpstreamFailure, detail?: string): UpstreamError {
  return new UpstreamError(OPENAM, failure, detail);
}

/** An answer that no rule foresees; 401 and 403 mean that our account or client is not accepted. */
export function unexpectedStatus(status: number): UpstreamError {
  return openamError(status === 401 || status === 403 ? 'refused' : 'status', String(status));
}
