import { clientAuthenticationMetadata } from '@mandate/clients';
import type { JsonObject } from '@mandate/ports';

/** What a service with a token endpoint contributes to the authorization server metadata (RFC 8414 section 2). */
export function tokenEndpointMetadata(issuer: string, grantTypes: readonly string[]): JsonObject {
  const base = issuer.replace(/\/$/, '');
  return {
    issuer,
    token_endpoint: `${base}/oauth2/token`,
    jwks_uri: `${base}/.well-known/jwks.json`,
    // Required by RFC 8414; empty because there is no authorization endpoint.
    response_types_supported: [],
    grant_types_supported: [...grantTypes],
    ...clientAuthenticationMetadata('token'),
  };
}
