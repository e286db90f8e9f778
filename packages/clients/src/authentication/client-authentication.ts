import { errorDescription, OAuthError, singleParameter } from '@mandate/oauth';
import type { AuthenticationMethod, AuthenticationRequest, SupportedAuthentication } from './authentication-method.js';
import type { Client } from '../store/client.js';

/** A client, and how it proved to be that client. */
export interface AuthenticatedClient {
  client: Client;
  method: AuthenticationMethod['name'];
}

export interface ClientAuthentication {
  supported: SupportedAuthentication;
  /** Whether the request carries credentials that are a client's, good or bad. */
  accepts(request: AuthenticationRequest): boolean;
  /**
   * The client that sends the request (RFC 6749 section 2.3).
   * @throws OAuthError `invalid_client`, the same for every reason; `invalid_request` for two methods at once.
   * @throws UpstreamError when the client store, or the queue for slow hashes, cannot serve.
   */
  authenticate(request: AuthenticationRequest): Promise<AuthenticatedClient>;
}

export interface ClientAuthenticationOptions {
  /** In any order: the one that accepts a request judges it. */
  methods: readonly AuthenticationMethod[];
  /** The protection space named in `WWW-Authenticate` (RFC 7617 section 2). */
  realm: string;
}

/**
 * Client authentication by the methods given: exactly one per request, and the one the client is registered for.
 *
 * @example
 * const authentication = createClientAuthentication({ methods, realm: 'mandate' });
 * const { client, method } = await authentication.authenticate(request);
 */
export function createClientAuthentication({ methods, realm }: ClientAuthenticationOptions): ClientAuthentication {
  const challenge = { 'WWW-Authenticate': `Basic realm="${errorDescription(realm)}"` };
  const refusal = (headers: Record<string, string>, detail: string): OAuthError =>
    new OAuthError('invalid_client', 'Client authentication failed', { detail, headers });

  return {
    supported: {
      methods: methods.map(({ name }) => name),
      signingAlgorithms: [...new Set(methods.flatMap(({ signingAlgorithms = [] }) => signingAlgorithms))],
    },
    accepts: (request) => methods.some((method) => method.accepts(request)),
    async authenticate(request) {
      const [method, ...others] = methods.filter((candidate) => candidate.accepts(request));
      if (method === undefined) throw refusal(challenge, 'no client authentication in the request');
      if (others.length > 0) throw new OAuthError('invalid_request', 'More than one way of client authentication');
      const clientId = singleParameter(request.form, 'client_id');
      const result = await method.authenticate(request);
      // RFC 6749 section 5.2: the challenge answers the header, and is left out where the form was used
      const headers = request.authorization === undefined ? {} : challenge;
      if (!result.ok) throw refusal(headers, `${method.name}: ${result.reason}`);
      const { client } = result;
      if (clientId !== undefined && clientId !== client.clientId) {
        throw new OAuthError('invalid_request', 'Parameter client_id names another client');
      }
      return { client, method: method.name };
    },
  };
}
