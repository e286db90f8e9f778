import { type Clock } from '@mandate/ports';
import { errorDescription, type Form, OAuthError, singleParameter } from '@mandate/oauth';
import type { AuthenticationMethod, AuthenticationRequest, CredentialPlace } from './authentication-method.js';
import type { Client, ClientStore } from '../store/client.js';
import { createSecretMethods } from './secret-methods.js';
import type { SecretVerifier } from '../secrets/secret-verifier.js';

/** A client, and how it proved to be that client. */
export interface AuthenticatedClient {
  client: Client;
  method: AuthenticationMethod['name'];
}

export interface ClientAuthentication {
  /**
   * The client that sends the request (RFC 6749 section 2.3).
   * @throws OAuthError `invalid_client`, the same for every reason; `invalid_request` for two methods at once.
   * @throws UpstreamError when the client store, or the queue for slow hashes, cannot serve.
   */
  authenticate(request: AuthenticationRequest): Promise<AuthenticatedClient>;
}

export interface ClientAuthenticationOptions {
  store: ClientStore;
  secrets: SecretVerifier;
  clock: Clock;
  /** The protection space named in `WWW-Authenticate` (RFC 7617 section 2). */
  realm: string;
  /** Methods beyond the two that use a secret. */
  methods?: readonly AuthenticationMethod[];
}

const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** Client authentication by the methods given: exactly one per request, and the one the client is registered for. */
export function createClientAuthentication(options: ClientAuthenticationOptions): ClientAuthentication {
  const methods = [...createSecretMethods(options), ...(options.methods ?? [])];
  const challenge = { 'WWW-Authenticate': `Basic realm="${errorDescription(options.realm)}"` };
  // RFC 6749 section 5.2: the challenge answers the header, and stays away where the form was used
  const refusal = (place: CredentialPlace | undefined, detail: string): OAuthError =>
    new OAuthError('invalid_client', 'Client authentication failed', {
      detail,
      headers: place === undefined || place === 'authorization' ? challenge : {},
    });

  return {
    async authenticate(request) {
      const place = credentialPlace(request);
      if (place === undefined) throw refusal(place, 'no client authentication in the request');
      checkAssertionType(request.form);
      const named = singleParameter(request.form, 'client_id');
      const method = methods.find((candidate) => candidate.place === place);
      if (method === undefined) throw refusal(place, `${place} is not supported`);
      const result = await method.authenticate(request);
      if (!result.ok) throw refusal(place, `${method.name}: ${result.reason}`);
      const { client } = result;
      if (named !== undefined && named !== client.clientId) {
        throw new OAuthError('invalid_request', 'Parameter client_id names another client');
      }
      return { client, method: method.name };
    },
  };
}

/** Where the request carries credentials. @throws OAuthError `invalid_request` when in more than one place. */
function credentialPlace({ authorization, form }: AuthenticationRequest): CredentialPlace | undefined {
  const places: CredentialPlace[] = [];
  if (authorization !== undefined) places.push('authorization');
  if (form.has('client_secret')) places.push('client_secret');
  if (form.has('client_assertion') || form.has('client_assertion_type')) places.push('client_assertion');
  if (places.length > 1) throw new OAuthError('invalid_request', 'More than one way of client authentication');
  return places[0];
}

/** RFC 7521 section 4.2: an assertion and its type come together, and the type is the one of RFC 7523. */
function checkAssertionType(form: Form): void {
  const type = singleParameter(form, 'client_assertion_type');
  const assertion = singleParameter(form, 'client_assertion');
  if ((type === undefined) !== (assertion === undefined) || (type !== undefined && type !== JWT_BEARER)) {
    throw new OAuthError('invalid_request', 'Parameter client_assertion or client_assertion_type is not acceptable');
  }
}
