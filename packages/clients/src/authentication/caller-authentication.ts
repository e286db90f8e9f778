import { type JsonObject } from '@mandate/ports';
import { OAuthError, type OAuthErrorCode } from '@mandate/oauth';
import type { TokenVerifier, VerifiedToken } from '@mandate/token';
import type { AuthenticationRequest, SupportedAuthentication } from './authentication-method.js';
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
  /** How it authenticated: the name of a client authentication method, or `bearer`. */
  method: string;
}

/** A caller that has a record for certain: it authenticated as a client. */
export type ClientCaller = Caller & { client: Client };

export interface CallerAuthentication<C extends Caller = Caller> {
  supported: SupportedAuthentication;
  /**
   * The caller, which holds the scope where one is required.
   * @throws OAuthError with the challenge of RFC 6750 section 3: 401 without or with bad credentials, 403
   * `insufficient_scope`, 400 for a malformed header or for a bearer token beside client credentials.
   * @throws UpstreamError when what is needed to decide cannot be had.
   */
  authenticate(request: AuthenticationRequest, requiredScope?: string): Promise<C>;
}

export interface CallerAuthenticationOptions {
  /** Verifies bearer tokens (IMS). */
  verifier: TokenVerifier;
  /** Accepts client authentication too. */
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

/** Authentication of callers as clients alone. */
export function createClientCallers(clients: ClientAuthentication): CallerAuthentication<ClientCaller> {
  return {
    supported: clients.supported,
    async authenticate(request, requiredScope) {
      const { client, method } = await clients.authenticate(request);
      const { clientId, scopes, attributes } = client;
      return checkScope({ clientId, scopes, attributes, client, bearer: undefined, method }, requiredScope);
    },
  };
}

/** Authentication of callers by bearer token or, where there is client authentication, as a client. */
export function createCallerAuthentication(options: CallerAuthenticationOptions): CallerAuthentication {
  const clients = options.clients && createClientCallers(options.clients);
  const { methods = [], signingAlgorithms = [] } = clients?.supported ?? {};
  return {
    // RFC 8414 section 2: values of the access token types registry name the scheme of a bearer token
    supported: { methods: [...methods, 'Bearer'], signingAlgorithms },
    async authenticate(request, requiredScope) {
      const { authorization } = request;
      if (authorization?.scheme === 'bearer') {
        checkBearerAlone(request);
        return checkScope(await bearerCaller(options, authorization.token), requiredScope);
      }
      if (clients === undefined || !hasCredentials(request)) throw notAuthenticated();
      return clients.authenticate(request, requiredScope);
    },
  };
}

async function bearerCaller({ verifier, store }: CallerAuthenticationOptions, token: string): Promise<Caller> {
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
  const scopes = bearer.scopes ?? [];
  return { clientId, scopes, attributes: client?.attributes ?? {}, client, bearer, method: 'bearer' };
}

/** AM's client credentials tokens name the client as `sub` and as `aud`, and in no other claim. */
function ownAudience({ subject, audience }: VerifiedToken): string | undefined {
  return subject !== undefined && audience.includes(subject) ? subject : undefined;
}

function checkScope<C extends Caller>(caller: C, requiredScope: string | undefined): C {
  if (requiredScope === undefined || caller.scopes.includes(requiredScope)) return caller;
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
