import type { JsonObject } from '@mandate/ports';
import type { IssuedTokens } from '../tokens/token-kind.js';

/** A trusted issuer as configured, with exactly one source of keys: `jwks`, `jwksUri` or `openid`. */
export interface TrustedIssuerRecord {
  issuer: string;
  /** A JWKS or a single JWK. The only place where an HMAC key may come from. */
  jwks?: JsonObject;
  jwksUri?: string;
  /** `true` for the issuer's own `/.well-known/openid-configuration`, or where else the document is. */
  openid?: true | string;
  /** File with the certificates (PEM) of the authority that signs the server's, instead of those of the system. */
  caFile?: string;
  /** File with a bearer token for the key and discovery URLs as configured; never sent to an address learned from them. */
  bearerTokenFile?: string;
  audience?: string[];
  algorithms?: string[];
  allowIdTokens?: boolean;
  mayAssertMayAct?: boolean;
  mayAssertAct?: boolean;
  /** Its JWTs are accepted as user assertions (RFC 7523 section 2.1); `own` does not imply it. */
  mayAssertUsers?: boolean;
  maxLifetimeSeconds?: number;
  /** One of our own services: implies `mayAssertMayAct`, `mayAssertAct` and `requireAccessTokenType`. */
  own?: boolean;
  /** `typ` must be `at+jwt`; default: as `own`. */
  requireAccessTokenType?: boolean;
  /** What tokens are that do not say it themselves: `access` or `id`; default: whatever they are declared as. */
  tokens?: IssuedTokens;
}
