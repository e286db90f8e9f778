import {
  type HttpClient,
  type HttpResponse,
  isJsonObject,
  type JsonObject,
  parseDeclaredJson,
  traceHeaders,
  UpstreamError,
} from '@mandate/ports';
import { basicAuthorization, normalClaims, TOKEN_TYPE, type TokenType } from '@mandate/oauth';
import type { PolicyContext, ReceivedToken } from '../policy-backend.js';

const DEPENDENCY = 'introspection';
/** In bytes: the longest token accepted, since the claims of the answer go into a token again. */
const MAX_ANSWER_BYTES = 16_384;

/** Asks a server whether a token is active: its claims without `active`, or `undefined` when it is not. */
export interface RemoteIntrospection {
  /** Whether there is something to ask with. */
  canAsk(context: Pick<PolicyContext, 'callerToken'>): boolean;
  /** @throws UpstreamError when there is no complete, well-formed answer. */
  introspect(token: ReceivedToken, context: Omit<PolicyContext, 'subjectToken'>): Promise<JsonObject | undefined>;
}

export interface RemoteIntrospectionOptions {
  http: HttpClient;
  url: string;
  /** Our own credentials there; without them the caller's bearer token is used, as the 2018 services do. */
  credentials?: { clientId: string; clientSecret: string } | undefined;
}

const HINTS: ReadonlyMap<TokenType, string> = new Map([
  [TOKEN_TYPE.accessToken, 'access_token'],
  [TOKEN_TYPE.idToken, 'id_token'],
  [TOKEN_TYPE.amSession, 'openam_sso'],
]);

/** Token introspection over HTTP (RFC 7662). An answer that is odd in any way is a failure, never active or inactive. */
export function createRemoteIntrospection(options: RemoteIntrospectionOptions): RemoteIntrospection {
  const { http, url, credentials } = options;
  return {
    canAsk: ({ callerToken }) => credentials !== undefined || callerToken !== undefined,
    async introspect({ token, declaredType }, context) {
      const hint = HINTS.get(declaredType);
      const form = new URLSearchParams({ token, ...(hint !== undefined && { token_type_hint: hint }) });
      const response = await http.send({
        method: 'POST',
        repeatable: true,
        url,
        body: form.toString(),
        signal: context.signal(),
        maxResponseBytes: MAX_ANSWER_BYTES,
        headers: {
          Accept: 'application/json',
          'Content-Type': 'application/x-www-form-urlencoded',
          Authorization: authorization(options, context.callerToken),
          ...traceHeaders(context),
        },
      });
      return readAnswer(response);
    },
  };
}

function authorization({ credentials }: RemoteIntrospectionOptions, callerToken: string | undefined): string {
  if (credentials !== undefined) {
    const { clientId, clientSecret } = credentials;
    return basicAuthorization({ clientId, secret: clientSecret });
  }
  if (callerToken !== undefined) return `Bearer ${callerToken}`;
  throw new UpstreamError(DEPENDENCY, 'refused', 'no credentials to ask with');
}

function readAnswer(response: HttpResponse): JsonObject | undefined {
  const { status } = response;
  if (status === 401 || status === 403) throw new UpstreamError(DEPENDENCY, 'refused', `status ${status}`);
  if (status !== 200) throw new UpstreamError(DEPENDENCY, 'status', `status ${status}`);
  const answer = parseDeclaredJson(DEPENDENCY, response);
  if (!isJsonObject(answer) || typeof answer['active'] !== 'boolean') throw malformed('no boolean active');
  if (!answer['active']) return undefined;
  const claims = normalClaims(answer);
  delete claims['active'];
  return claims;
}

export function malformed(detail: string): UpstreamError {
  return new UpstreamError(DEPENDENCY, 'malformed', detail);
}
