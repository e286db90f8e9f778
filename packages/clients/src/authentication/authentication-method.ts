import type { Authorization, Form } from '@mandate/oauth';
import type { CallerFields } from './caller.js';
import type { Client } from '../store/client.js';
import type { AuthenticationMethodName } from './method-names.js';

/** The part of a request that proves who sends it. */
export interface AuthenticationRequest {
  /** The `Authorization` header. */
  authorization: Authorization | undefined;
  form: Form;
  /** Where it comes from, for rate limits. Those without one are limited together. */
  address?: () => string;
  /** The thumbprint (`x5t#S256`) of the TLS certificate that its sender showed, if any. */
  certificate?: () => string | undefined;
  /** To be told who sends it: whom it claims to be where that is somebody, and then the client that it has proved to be. */
  onCaller?: (caller: CallerFields) => void;
}

/** The client that a request proves to come from, or why it proves nothing: for the log only. */
export type AuthenticationResult = { ok: true; client: Client } | { ok: false; reason: string };

/**
 * One way for a client to authenticate. A new way is a file here, its name in `method-names.ts`, what it needs in
 * `required-credentials.ts`, and one more in the list of packages/composition/src/compose-client-authentication.ts, at
 * any place.
 */
export interface AuthenticationMethod {
  name: AuthenticationMethodName;
  /** The algorithms that its proofs may be signed with, for metadata; absent: it signs nothing. */
  signingAlgorithms?: readonly string[];
  /** Whether the request carries credentials that are this method's to judge, good or bad. */
  accepts(request: AuthenticationRequest): boolean;
  /**
   * Called for a request that it accepts and no other method does.
   * @throws OAuthError `invalid_request` for one that RFC 6749 or RFC 7521 has no meaning for.
   * @throws UpstreamError when what is needed to decide cannot be had.
   */
  authenticate(request: AuthenticationRequest): Promise<AuthenticationResult>;
}

/** The ways in which callers of an endpoint authenticate, as metadata tells them (RFC 8414 section 2). */
export interface SupportedAuthentication {
  methods: readonly string[];
  signingAlgorithms: readonly string[];
}
