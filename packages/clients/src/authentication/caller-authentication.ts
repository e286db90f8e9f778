import { type JsonObject } from '@mandate/ports';
import { OAuthError, type OAuthErrorCode } from '@mandate/oauth';
import type { TokenVerifier, VerifiedToken } from '@mandate/token';
import type { AuthenticationRequest } from './authentication-method.js';
import { parseAuthorization } from './basic-credentials.js';
import type { Client, ClientStore } from '../store/client.js';
import type { ClientAuthentication } from './client-authentication.js';

/** Who calls an endpoint: a client, however it proved that. */
export interface Caller {
  clientId: string;
  scopes: readonly string[];
  attributes: JsonObject;
  /** The record of the caller, where there is one: clients of foreign issuers have none. */
  client: Client | undefined;
  /** The token, where the caller sent one. */
  bearer: VerifiedToken | undefined;
}

export interface CallerAuthentication {
  /**
   * The caller, which holds the scope.
   * @throws OAuthError with the challenge of RFC 6750 section 3: 401 without or with bad credentials, 403
   * `insufficient_scope`, 400 for a malformed header or for a bearer token beside client credentials.
   * @throws UpstreamError when what is needed to decide cannot be had.
   */
  authenticate(request: AuthenticationRequest, requiredScope: string): Promise<Caller>;
}

export interface CallerAuthenticationOptions {
  /** Accept bearer tokens that it verifies (IMS). */
  verifier?: TokenVerifier | undefined;
  /** Accept client authentication. */
  clients?: ClientAuthentication | undefined;
  /** Where the records of callers with a token of our own issuers are. */
  store?: ClientStore | undefined;
}

/** The names the caller answers to as an audience: its id, and what it is called as a resource server. */
export function audiencesOf({ clientId, client }: Pick<Caller, 'clientId' | 'client'>): string[] {
  return [clientId, ...(client?.resourceServerFor ?? [])];
}

const TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;
const CLIENT_CREDENTIALS = ['client_secret', 'client_assertion', 'client_assertion_type'];

/** Authentication of callers by bearer token, by client credentials, or either. */
export function createCallerAuthentication(options: CallerAuthenticationOptions): CallerAuthentication {
  const { verifier, clients, store } = options;
  return {
    async authenticate(request, requiredScope) {
      const header = parseAuthorization(request.authorization ?? '');
      if (verifier !== undefined && header?.scheme === 'bearer') {
        checkBearerAlone(request);
        return checkScope(await bearerCaller({ verifier, store }, header.credentials), requiredScope);
      }
      if (clients === undefined || (verifier !== undefined && !hasCredentials(request))) throw notAuthenticated();
      const { client } = await clients.authenticate(request);
      const { clientId, scopes, attributes } = client;
      return checkScope({ clientId, scopes, attributes, client, bearer: undefined }, requiredScope);
    },
  };
}

async function bearerCaller(
  { verifier, store }: { verifier: TokenVerifier; store: ClientStore | undefined },
  token: string,
): Promise<Caller> {
  if (!TOKEN.test(token)) throw bearerError('invalid_request', 'The Authorization header is malformed');
  const result = await verifier.verify(token);
  if (!result.ok) throw invalidToken(result.reason);
  const bearer = result.token;
  if (bearer.kind === 'id_token') throw invalidToken('wrong_type');
  // a bound token without its proof is somebody else's (RFC 8705 section 3, RFC 9449 section 7.1)
  if (bearer.claims['cnf'] !== undefined) throw invalidToken('sender_constrained');
  const clientId = bearer.clientId ?? ownAudience(bearer);
  if (clientId === undefined) throw invalidToken('no_client_id');
  const client = bearer.trust.own ? await store?.findClient(clientId) : undefined;
  return { clientId, scopes: bearer.scopes ?? [], attributes: client?.attributes ?? {}, client, bearer };
}

/** AM's client credentials tokens name the client as `sub` and as `aud`, and in no other claim. */
function ownAudience({ subject, audience }: VerifiedToken): string | undefined {
  return subject !== undefined && audience.includes(subject) ? subject : undefined;
}

function checkScope(caller: Caller, requiredScope: string): Caller {
  if (caller.scopes.includes(requiredScope)) return caller;
  const description = 'The caller lacks the scope of this endpoint';
  if (caller.bearer === undefined) throw new OAuthError('insufficient_scope', description);
  throw bearerError('insufficient_scope', description, { scope: requiredScope });
}

function checkBearerAlone({ form }: AuthenticationRequest): void {
  if (CLIENT_CREDENTIALS.some((name) => form.has(name))) {
    throw bearerError('invalid_request', 'A bearer token and client credentials in one request');
  }
}

function hasCredentials({ authorization, form }: AuthenticationRequest): boolean {
  return authorization !== undefined || CLIENT_CREDENTIALS.some((name) => form.has(name));
}

function invalidToken(detail: string): OAuthError {
  return bearerError('invalid_token', 'The bearer token is not valid', { detail });
}

/** RFC 6750 section 3: the challenge repeats the error code. Its parameters come from configuration only. */
function bearerError(
  code: OAuthErrorCode,
  description: string,
  { detail, scope }: { detail?: string; scope?: string } = {},
): OAuthError {
  const challenge = `Bearer error="${code}"${scope === undefined ? '' : `, scope="${scope}"`}`;
  return new OAuthError(code, description, {
    headers: { 'WWW-Authenticate': challenge },
    ...(detail !== undefined && { detail }),
  });
}

/** RFC 6750 section 3.1: without any credentials the challenge carries no error code. */
function notAuthenticated(): OAuthError {
  return new OAuthError('invalid_client', 'The caller is not authenticated', {
    detail: 'no usable credentials in the request',
    headers: { 'WWW-Authenticate': 'Bearer' },
  });
}
