import type { Form } from '@mandate/oauth';
import type { Client } from '../store/client.js';

/** The part of a request that proves who sends it. */
export interface AuthenticationRequest {
  /** The `Authorization` header as received. */
  authorization: string | undefined;
  form: Form;
  /** Where it comes from, for rate limits. Those without one are limited together. */
  address?: string;
}

/** Where a request carries credentials. One request carries them in one place (RFC 6749 section 2.3). */
export type CredentialPlace = 'authorization' | 'client_secret' | 'client_assertion';

/** The client that a request proves to come from, or why it proves nothing: for the log only. */
export type AuthenticationResult = { ok: true; client: Client } | { ok: false; reason: string };

/** One way for a client to authenticate. A new way is one more of these in the list. */
export interface AuthenticationMethod {
  name: 'client_secret_basic' | 'client_secret_post' | 'private_key_jwt';
  place: CredentialPlace;
  /** @throws UpstreamError when what is needed to decide cannot be had. */
  authenticate(request: AuthenticationRequest): Promise<AuthenticationResult>;
}
