import type { JsonObject } from '@mandate/oauth';

export interface MetadataOptions {
  issuer: string;
  /** Whether callers may authenticate as clients. */
  clients: boolean;
  /** The algorithm of signed answers, where there are any. */
  signingAlgorithm: string | undefined;
}

/** What token-validation contributes to the metadata of RFC 8414 section 2 and RFC 9701 section 7. */
export function tokenValidationMetadata({ issuer, clients, signingAlgorithm }: MetadataOptions): JsonObject {
  const base = issuer.replace(/\/$/, '');
  const clientMethods = clients ? ['client_secret_basic', 'client_secret_post'] : [];
  return {
    issuer,
    introspection_endpoint: `${base}/oauth2/introspect`,
    // RFC 8414 section 2: values of the access token types registry name the scheme of a bearer token.
    introspection_endpoint_auth_methods_supported: [...clientMethods, 'Bearer'],
    revocation_endpoint: `${base}/oauth2/revoke`,
    revocation_endpoint_auth_methods_supported: [...clientMethods, 'Bearer'],
    response_types_supported: [],
    ...(signingAlgorithm !== undefined && {
      jwks_uri: `${base}/.well-known/jwks.json`,
      introspection_signing_alg_values_supported: [signingAlgorithm],
    }),
  };
}
