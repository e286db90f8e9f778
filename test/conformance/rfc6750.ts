import { type Clause, refusal } from './clause.js';
import { INTROSPECTION_ENDPOINT } from './clause-world.js';

/** Bearer Token Usage, at an endpoint that takes bearer tokens. */
export const rfc6750: Clause[] = [
  {
    clause: 'RFC 6750 2 one method of sending the token per request',
    request: ({ own, post }) => {
      const form = { token: 'x', client_id: 'gateway', client_secret: 'gateway-secret' };
      return post(INTROSPECTION_ENDPOINT, form, `Bearer ${own({ scope: 'introspect' })}`);
    },
    status: 400,
    headers: { 'www-authenticate': 'Bearer error="invalid_request"' },
    body: refusal('invalid_request', 'A bearer token and client credentials in one request'),
  },
  {
    clause: 'RFC 6750 2.3 a token in the URI is not read',
    request: ({ own, post }) =>
      post(`${INTROSPECTION_ENDPOINT}?access_token=${own({ scope: 'introspect' })}`, 'token=x'),
    status: 401,
    headers: { 'www-authenticate': 'Bearer' },
    body: refusal('invalid_client', 'The caller is not authenticated'),
  },
  {
    clause: 'RFC 6750 3 without credentials the challenge has no error code',
    request: ({ post }) => post(INTROSPECTION_ENDPOINT, { token: 'x' }),
    status: 401,
    headers: { 'www-authenticate': 'Bearer' },
    body: refusal('invalid_client', 'The caller is not authenticated'),
  },
  {
    clause: 'RFC 6750 3.1 invalid_request: a malformed request is 400',
    request: ({ post }) => post(INTROSPECTION_ENDPOINT, { token: 'x' }, 'Bearer not{a}token'),
    status: 400,
    headers: { 'www-authenticate': 'Bearer error="invalid_request"' },
    body: refusal('invalid_request', 'The Authorization header is malformed'),
  },
  {
    clause: 'RFC 6750 3.1 invalid_token: an expired token is 401',
    request: ({ own, post }) => post(INTROSPECTION_ENDPOINT, { token: 'x' }, `Bearer ${own({ exp: 1_000_000_000 })}`),
    status: 401,
    headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
    body: refusal('invalid_token', 'The bearer token is not valid'),
  },
  {
    clause: 'RFC 6750 3.1 insufficient_scope: 403 naming the scope that is needed',
    request: ({ own, post }) => post(INTROSPECTION_ENDPOINT, { token: 'x' }, `Bearer ${own({ scope: 'read' })}`),
    status: 403,
    headers: { 'www-authenticate': 'Bearer error="insufficient_scope", scope="introspect"' },
    body: refusal('insufficient_scope', 'The caller lacks the scope introspect'),
  },
];
