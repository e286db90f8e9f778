import type { JsonObject } from '@mandate/ports';
import { ASYMMETRIC_ALGORITHMS } from '@mandate/token';

const METHODS = ['client_secret_basic', 'client_secret_post', 'private_key_jwt'];

/** What the metadata of RFC 8414 section 2 says of an endpoint where clients authenticate, by these other methods too. */
export function clientAuthenticationMetadata(
  endpoint: 'token' | 'introspection' | 'revocation',
  otherMethods: readonly string[] = [],
): JsonObject {
  return {
    [`${endpoint}_endpoint_auth_methods_supported`]: [...METHODS, ...otherMethods],
    [`${endpoint}_endpoint_auth_signing_alg_values_supported`]: [...ASYMMETRIC_ALGORITHMS],
  };
}
