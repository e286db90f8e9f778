import { clientAuthenticationMetadata } from '@mandate/clients';
import { type JsonObject, TOKEN_EXCHANGE_GRANT } from '@mandate/oauth';

/** What token-exchange contributes to the authorization server metadata (RFC 8414 section 2). */
export function tokenExchangeMetadata(issuer: string): JsonObject {
  const base = issuer.replace(/\/$/, '');
  return {
    issuer,
    token_endpoint: `${base}/oauth2/token`,
    jwks_uri: `${base}/.well-known/jwks.json`,
    // Required by RFC 8414; empty because there is no authorization endpoint.
    response_types_supported: [],
    grant_types_supported: [TOKEN_EXCHANGE_GRANT],
    ...clientAuthenticationMetadata('token'),
  };
}
