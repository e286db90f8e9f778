import { CIBA, TOKEN_EXCHANGE } from '../end-to-end/post-form.js';
import { aString, type Clause } from './clause.js';

const PUBLIC = { 'cache-control': 'public, max-age=300', pragma: null };

const METHODS = ['client_secret_basic', 'client_secret_post', 'private_key_jwt'];
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];

/** OAuth 2.0 Authorization Server Metadata, and the key set it points to. */
export const rfc8414: Clause[] = [
  {
    clause: 'RFC 8414 3 the document of the issuer, at the well-known path; 3.3 issuer as it was asked for',
    request: ({ request }) => request('/.well-known/oauth-authorization-server'),
    headers: PUBLIC,
    body: ({ issuer }) => ({
      issuer,
      token_endpoint: `${issuer}/oauth2/token`,
      introspection_endpoint: `${issuer}/oauth2/introspect`,
      jwks_uri: `${issuer}/.well-known/jwks.json`,
      scopes_supported: [
        'ciba-decide',
        'delegations',
        'delegations:own',
        'introspect',
        'revoke',
        'exchange',
        'explain',
      ],
      response_types_supported: ['none'],
      grant_types_supported: [
        'client_credentials',
        CIBA,
        'refresh_token',
        TOKEN_EXCHANGE,
        'urn:ietf:params:oauth:grant-type:jwt-bearer',
      ],
      backchannel_authentication_endpoint: `${issuer}/oauth2/bc-authorize`,
      backchannel_token_delivery_modes_supported: ['poll', 'ping'],
      backchannel_authentication_request_signing_alg_values_supported: ALGORITHMS,
      backchannel_user_code_parameter_supported: false,
      token_endpoint_auth_methods_supported: METHODS,
      token_endpoint_auth_signing_alg_values_supported: ALGORITHMS,
      introspection_endpoint_auth_methods_supported: [...METHODS, 'Bearer'],
      introspection_endpoint_auth_signing_alg_values_supported: ALGORITHMS,
      revocation_endpoint: `${issuer}/oauth2/revoke`,
      revocation_endpoint_auth_methods_supported: [...METHODS, 'Bearer'],
      revocation_endpoint_auth_signing_alg_values_supported: ALGORITHMS,
      introspection_signing_alg_values_supported: ['ES256'],
    }),
  },
  {
    clause: 'RFC 8414 2 jwks_uri leads to the public keys and to nothing private (RFC 7517 5)',
    request: ({ request }) => request('/.well-known/jwks.json'),
    headers: PUBLIC,
    body: ({ ownKid }) => ({
      keys: [{ kty: 'EC', crv: 'P-256', x: aString, y: aString, kid: ownKid, alg: 'ES256', use: 'sig' }],
    }),
  },
];
