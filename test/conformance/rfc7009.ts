import { type Clause, refusal } from './clause.js';
import { APP, GATEWAY } from './clause-world.js';

const REVOCATION_ENDPOINT = '/oauth2/revoke';
/** Revoked, or there was nothing to revoke: 200 and no body. */
const emptyAnswer = { headers: { 'content-type': null }, body: () => ({}) };

/** OAuth 2.0 Token Revocation. */
export const rfc7009: Clause[] = [
  {
    clause: 'RFC 7009 2 the endpoint takes POST only',
    request: ({ request }) => request(`${REVOCATION_ENDPOINT}?token=x`),
    status: 405,
    headers: { allow: 'POST' },
    body: refusal('invalid_request', 'The method is not supported here'),
  },
  {
    clause: 'RFC 7009 2.1 token is required',
    request: ({ post }) => post(REVOCATION_ENDPOINT, { token_type_hint: 'access_token' }, GATEWAY),
    status: 400,
    body: refusal('invalid_request', 'Parameter token is missing'),
  },
  {
    clause: 'RFC 7009 2.1 the client authenticates',
    request: ({ own, post }) => post(REVOCATION_ENDPOINT, { token: own() }),
    status: 401,
    headers: { 'www-authenticate': 'Bearer' },
    body: refusal('invalid_client', 'The caller is not authenticated'),
  },
  {
    clause: 'RFC 7009 2.1 the client may revoke at all',
    request: ({ own, post }) => post(REVOCATION_ENDPOINT, { token: own() }, APP),
    status: 403,
    body: refusal('insufficient_scope', 'The caller lacks the scope revoke'),
  },
  {
    clause: 'RFC 7009 2.1 a token that was issued to another client is refused',
    request: ({ own, post }) => post(REVOCATION_ENDPOINT, { token: own({ client_id: 'app' }) }, GATEWAY),
    status: 400,
    body: refusal('invalid_request', 'The token was issued to another client'),
  },
  {
    clause: 'RFC 7009 2.1 a hint that is not known is ignored',
    request: ({ own, post }) => post(REVOCATION_ENDPOINT, { token: own(), token_type_hint: 'x' }, GATEWAY),
    ...emptyAnswer,
  },
  {
    clause: 'RFC 7009 2.2 success is 200, and the body is without meaning',
    request: ({ own, post }) => post(REVOCATION_ENDPOINT, { token: own() }, GATEWAY),
    ...emptyAnswer,
  },
  {
    clause: 'RFC 7009 2.2 an invalid token is no error',
    request: ({ post }) => post(REVOCATION_ENDPOINT, { token: 'none' }, GATEWAY),
    ...emptyAnswer,
  },
  {
    clause: 'RFC 7009 2 a revoked token is inactive from then on (RFC 7662 2.2)',
    request: async ({ own, post, introspect }) => {
      const token = own();
      if ((await introspect(token)).body['active'] !== true) throw new Error('It was not active before either');
      await post(REVOCATION_ENDPOINT, { token }, GATEWAY);
      return introspect(token);
    },
    headers: { vary: 'Accept' },
    body: () => ({ active: false }),
  },
];
