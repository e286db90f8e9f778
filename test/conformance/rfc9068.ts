import { aNumber, aString, type Clause, refusal } from './clause.js';
import { APP, IMAGES, INTROSPECTION_ENDPOINT, REPORTS, TOKEN_ENDPOINT, USERS } from './clause-world.js';

const tokenAnswer = { access_token: aString, token_type: 'Bearer', expires_in: 3600, scope: 'read write' };
const grant = { grant_type: 'client_credentials' };
/** A bearer token at the introspection endpoint, which is a resource server for it. */
const refusedAsBearer = (
  clause: string,
  claims: Record<string, unknown>,
  header: Record<string, unknown> = {},
): Clause => ({
  clause,
  request: ({ own, post }) =>
    post(INTROSPECTION_ENDPOINT, { token: 'x' }, `Bearer ${own({ scope: 'introspect', ...claims }, header)}`),
  status: 401,
  headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
  body: refusal('invalid_token', 'The bearer token is not valid'),
});

const claimsOf = (iss: string, scope: string) => ({
  iss,
  sub: 'app',
  aud: [IMAGES, 'app'],
  client_id: 'app',
  scope,
  exp: aNumber,
  iat: aNumber,
  jti: aString,
});

/** JWT Profile for OAuth 2.0 Access Tokens: what is issued, and what is accepted. */
export const rfc9068: Clause[] = [
  {
    clause: 'RFC 9068 2.1 the header says at+jwt and names the key; the algorithm is not none',
    request: ({ post }) => post(TOKEN_ENDPOINT, grant, APP),
    body: () => tokenAnswer,
    token: ({ ownKid }) => ({ header: { alg: 'ES256', typ: 'at+jwt', kid: ownKid } }),
  },
  {
    clause: 'RFC 9068 2.2 the claims of an access token, sub being the client where no user is involved',
    request: ({ post }) => post(TOKEN_ENDPOINT, grant, APP),
    body: () => tokenAnswer,
    token: ({ issuer }) => ({ claims: claimsOf(issuer, 'read write') }),
  },
  {
    clause: 'RFC 9068 2.2.3 scope is in the token when it is in the answer',
    request: ({ post }) => post(TOKEN_ENDPOINT, { ...grant, scope: 'read' }, APP),
    body: () => ({ ...tokenAnswer, scope: 'read' }),
    token: ({ issuer }) => ({ claims: claimsOf(issuer, 'read') }),
  },
  {
    clause: 'RFC 9068 4 an access token of ours is taken as bearer',
    request: ({ own, post }) => post(INTROSPECTION_ENDPOINT, { token: 'x' }, `Bearer ${own({ scope: 'introspect' })}`),
    headers: { vary: 'Accept' },
    body: () => ({ active: false }),
  },
  {
    clause: 'RFC 9068 4 typ may be application/at+jwt',
    request: ({ own, post }) => {
      const bearer = own({ scope: 'introspect' }, { typ: 'application/at+jwt' });
      return post(INTROSPECTION_ENDPOINT, { token: 'x' }, `Bearer ${bearer}`);
    },
    headers: { vary: 'Accept' },
    body: () => ({ active: false }),
  },
  refusedAsBearer('RFC 9068 4 typ: a JWT of another kind is no access token', {}, { typ: 'JWT' }),
  refusedAsBearer('RFC 9068 4 alg: none is refused', {}, { alg: 'none' }),
  refusedAsBearer('RFC 9068 4 iss: the issuer whose key signed it', { iss: USERS }),
  refusedAsBearer('RFC 9068 4 exp: expired', { exp: 1_000_000_000 }),
  {
    clause: 'RFC 9068 5 targets that would not have the same scopes need a token each',
    request: ({ exchange }) => exchange({ audience: REPORTS }),
    status: 400,
    body: refusal('invalid_target', 'The requested targets need a request each'),
  },
];
