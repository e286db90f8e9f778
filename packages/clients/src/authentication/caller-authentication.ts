import { OAuthError } from '@mandate/oauth';
import type { AuthenticationRequest, SupportedAuthentication } from './authentication-method.js';
import { type BearerOptions, bearerCaller, bearerError } from './bearer-caller.js';
import { type Caller, type ClientCaller, clientFields } from './caller.js';
import type { ClientAuthentication } from './client-authentication.js';

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

export interface CallerAuthenticationOptions extends BearerOptions {
  /** The issuer that names our own clients. */
  clientIssuer: string;
  /** Accepts client authentication too. */
  clients?: ClientAuthentication | undefined;
}

/** Credentials of a client, even where no client is authenticated (RFC 6749 section 2.3.1, RFC 7521 section 4.2). */
const CLIENT_CREDENTIALS = ['client_secret', 'client_assertion', 'client_assertion_type'];

/** Authentication of callers as clients alone, all of them named by `issuer`. */
export function createClientCallers(clients: ClientAuthentication, issuer: string): CallerAuthentication<ClientCaller> {
  return {
    supported: clients.supported,
    async authenticate(request, requiredScope) {
      const { client, method } = await clients.authenticate(request);
      const { clientId, scopes, attributes } = client;
      const caller = { clientId, issuer, own: true, scopes, attributes, client, bearer: undefined, method };
      request.onCaller?.(clientFields(caller));
      return checkScope(caller, requiredScope);
    },
  };
}

/**
 * Authentication of callers by bearer token or, where there is client authentication, as a client.
 *
 * @example
 * const caller = await createCallerAuthentication(options).authenticate(request, 'introspect');
 */
export function createCallerAuthentication(options: CallerAuthenticationOptions): CallerAuthentication {
  const clients = options.clients && createClientCallers(options.clients, options.clientIssuer);
  const { methods = [], signingAlgorithms = [] } = clients?.supported ?? {};
  return {
    // RFC 8414 section 2: values of the access token types registry name the scheme of a bearer token
    supported: { methods: [...methods, 'Bearer'], signingAlgorithms },
    async authenticate(request, requiredScope) {
      const { authorization } = request;
      if (authorization?.scheme === 'bearer') {
        checkBearerAlone(request, options.clients);
        const caller = await bearerCaller(options, authorization.token, request);
        request.onCaller?.(clientFields(caller));
        return checkScope(caller, requiredScope);
      }
      if (clients === undefined || options.clients?.accepts(request) !== true) throw notAuthenticated();
      return clients.authenticate(request, requiredScope);
    },
  };
}

function checkScope<C extends Caller>(caller: C, requiredScope: string | undefined): C {
  if (requiredScope === undefined || caller.scopes.includes(requiredScope)) return caller;
  const description = `The caller lacks the scope ${requiredScope}`;
  if (caller.bearer === undefined) throw new OAuthError('insufficient_scope', description);
  throw bearerError('insufficient_scope', description, { scope: requiredScope });
}

function checkBearerAlone({ form }: AuthenticationRequest, clients: ClientAuthentication | undefined): void {
  const beside = { form, authorization: undefined };
  if (CLIENT_CREDENTIALS.some((name) => form.has(name)) || clients?.accepts(beside) === true) {
    throw bearerError('invalid_request', 'A bearer token and client credentials in one request');
  }
}

/** RFC 6750 section 3.1: without any credentials the challenge carries no error code. */
function notAuthenticated(): OAuthError {
  return new OAuthError('invalid_client', 'The caller is not authenticated', {
    detail: 'no usable credentials in the request',
    headers: { 'WWW-Authenticate': 'Bearer' },
  });
}
