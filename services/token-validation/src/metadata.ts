import { clientAuthenticationMetadata } from '@mandate/clients';
import type { JsonObject } from '@mandate/ports';

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
  // RFC 8414 section 2: values of the access token types registry name the scheme of a bearer token.
  const authentication = (endpoint: 'introspection' | 'revocation'): JsonObject =>
    clients
      ? clientAuthenticationMetadata(endpoint, ['Bearer'])
      : { [`${endpoint}_endpoint_auth_methods_supported`]: ['Bearer'] };
  return {
    issuer,
    introspection_endpoint: `${base}/oauth2/introspect`,
    ...authentication('introspection'),
    revocation_endpoint: `${base}/oauth2/revoke`,
    ...authentication('revocation'),
    response_types_supported: [],
    ...(signingAlgorithm !== undefined && {
      jwks_uri: `${base}/.well-known/jwks.json`,
      introspection_signing_alg_values_supported: [signingAlgorithm],
    }),
  };
}
