import type { JsonObject } from '@mandate/ports';
import type { AuthenticationMethodName } from '../authentication/method-names.js';

/** How a client may authenticate (RFC 6749 section 2.3.1, RFC 7523); `none` marks one that cannot. */
export type TokenEndpointAuthMethod = AuthenticationMethodName | 'none';

/** One live secret as loaded: hashed by the scheme that its prefix or the setting names; plain text by its digest. */
export interface ClientSecret {
  value: string;
  /** Epoch seconds from which it no longer counts. */
  expiresAt?: number | undefined;
}

/** What a token exchange is for, as the parameter that would name it. */
export type DefaultTarget = { resource: string } | { audience: string };

/** A registered client. */
export interface Client {
  clientId: string;
  /** Several may be live at once, so that one can be replaced without an outage. */
  secrets: readonly ClientSecret[];
  scopes: readonly string[];
  /** `false`: whoever looks for it finds nobody. */
  enabled?: boolean | undefined;
  tokenExpirationSeconds?: number | undefined;
  attributes: JsonObject;
  /** Absent: every grant of the endpoint. */
  grantTypes?: readonly string[] | undefined;
  /** Absent: every method that its credentials allow. */
  tokenEndpointAuthMethod?: TokenEndpointAuthMethod | undefined;
  /** The one algorithm of its assertions; absent: whatever its keys are for. */
  tokenEndpointAuthSigningAlg?: string | undefined;
  /** Its public keys, or where they are (RFC 7591 section 2). */
  jwks?: JsonObject | undefined;
  jwksUri?: string | undefined;
  /** `aud` of the tokens issued to it, instead of `TOKEN_AUDIENCE`. */
  audiences?: readonly string[] | undefined;
  /** Whom it may assert with a JWT of its own (RFC 7523 section 2.1): anybody, or names and beginnings of names. */
  mayAssertUsers?: boolean | { subs: readonly string[] } | undefined;
  /**
   * What it is called as a resource server: tokens for these audiences are tokens for it, beside those for its id.
   * Where present, it may introspect no others.
   */
  resourceServerFor?: readonly string[] | undefined;
  /** What its token exchanges are for when they name no target; the policy decides of these as of any. */
  defaultTargets?: readonly DefaultTarget[] | undefined;
  /** Its access tokens are bound to its TLS certificate, and it gets no others (RFC 8705 section 3.4). */
  tlsClientCertificateBoundAccessTokens?: boolean | undefined;
  /** How it learns that a person it asked has answered (OpenID CIBA Core section 5); absent: it polls. */
  backchannelTokenDeliveryMode?: 'poll' | 'ping' | undefined;
  /** Where it is pinged. */
  backchannelClientNotificationEndpoint?: string | undefined;
  /** The one algorithm of its signed authentication requests; absent: it need not sign them. */
  backchannelAuthenticationRequestSigningAlg?: string | undefined;
}
