import { basic } from '../end-to-end/post-form.js';
import { aNumber, aString, type Clause, refusal } from './clause.js';
import { GATEWAY, INTROSPECTION_ENDPOINT, USERS } from './clause-world.js';

const vary = { vary: 'Accept' };
/** The answer to a question about alice's token. */
export const active = () => ({
  active: true,
  iss: USERS,
  sub: 'alice',
  aud: 'gateway',
  client_id: 'gateway',
  scope: 'read write',
  token_type: 'Bearer',
  jti: aString,
  iat: aNumber,
  exp: aNumber,
});

/** OAuth 2.0 Token Introspection. */
export const rfc7662: Clause[] = [
  {
    clause: 'RFC 7662 2.1 the endpoint takes POST only',
    request: ({ request }) => request(`${INTROSPECTION_ENDPOINT}?token=x`),
    status: 405,
    headers: { allow: 'POST' },
    body: refusal('invalid_request', 'The method is not supported here'),
  },
  {
    clause: 'RFC 7662 2.1 token is required',
    request: ({ post }) => post(INTROSPECTION_ENDPOINT, { token_type_hint: 'access_token' }, GATEWAY),
    status: 400,
    body: refusal('invalid_request', 'Parameter token is missing'),
  },
  {
    clause: 'RFC 7662 2.1 a hint that is not known is ignored',
    request: ({ introspect, user }) => introspect(user(), { token_type_hint: 'urn:example:unknown' }),
    headers: vary,
    body: active,
  },
  {
    clause: 'RFC 7662 2.1 a wrong hint does not change the answer',
    request: ({ introspect, user }) => introspect(user(), { token_type_hint: 'id_token' }),
    headers: vary,
    body: active,
  },
  {
    clause: 'RFC 7662 2.1 the caller must be authorized',
    request: ({ post, user }) => post(INTROSPECTION_ENDPOINT, { token: user() }, basic('app', 'app-secret')),
    status: 403,
    body: refusal('insufficient_scope', 'The caller lacks the scope introspect'),
  },
  {
    clause: 'RFC 7662 2.2 an active token with its claims, scope as a string',
    request: ({ introspect, user }) => introspect(user({ scope: ['read', 'write'] })),
    headers: vary,
    body: active,
  },
  {
    clause: 'RFC 7662 2.2 active is what the server found, whatever the token says',
    request: ({ introspect, user }) => introspect(user({ active: false })),
    headers: vary,
    body: active,
  },
  {
    clause: 'RFC 7662 2.2 a token that is none is inactive, and no error',
    request: ({ introspect }) => introspect('mF_9.B5f-4.1JqM'),
    headers: vary,
    body: () => ({ active: false }),
  },
  {
    clause: 'RFC 7662 2.2 an inactive token gets no other member',
    request: ({ introspect, user }) => introspect(user({ exp: 1_000_000_000 })),
    headers: vary,
    body: () => ({ active: false }),
  },
  {
    clause: 'RFC 7662 2.3 wrong client credentials are 401 as at the token endpoint',
    request: ({ post }) => post(INTROSPECTION_ENDPOINT, { token: 'x' }, basic('gateway', 'wrong')),
    status: 401,
    headers: { 'www-authenticate': 'Basic realm="mandate"' },
    body: refusal('invalid_client', 'Client authentication failed'),
  },
  {
    clause: 'RFC 7662 2.3 a bad bearer token is 401 as RFC 6750 says',
    request: ({ post }) => post(INTROSPECTION_ENDPOINT, { token: 'x' }, 'Bearer x'),
    status: 401,
    headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
    body: refusal('invalid_token', 'The bearer token is not valid'),
  },
];
