import { aString, type Clause, refusal } from './clause.js';
import { type ClauseWorld, INTROSPECTION_ENDPOINT, TOKEN_ENDPOINT } from './clause-world.js';

const grant = { grant_type: 'client_credentials', scope: 'read' };
const tokenAnswer = () => ({ access_token: aString, token_type: 'Bearer', expires_in: 3600, scope: 'read' });
const invalidClient = refusal('invalid_client', 'Client authentication failed');
const now = () => Math.floor(Date.now() / 1000);

/** A token for an assertion with these claims. */
const requestWith =
  (claims: (world: ClauseWorld) => object = () => ({}), header = {}): Clause['request'] =>
  (world) =>
    world.post(TOKEN_ENDPOINT, { ...grant, ...world.assert({ ...claims(world) }, header) });
const refusalOf = (clause: string, claims: (world: ClauseWorld) => object): Clause => ({
  clause,
  request: requestWith(claims),
  status: 401,
  body: invalidClient,
});

/** The Assertion Framework, as far as it authenticates clients. */
export const rfc7521: Clause[] = [
  {
    clause: 'RFC 7521 4.2 client_assertion and client_assertion_type come together',
    request: ({ post, assert }) =>
      post(TOKEN_ENDPOINT, { ...grant, client_assertion: assert().client_assertion, client_id: 'keyed' }),
    status: 400,
    body: refusal('invalid_request', 'Parameter client_assertion or client_assertion_type is not acceptable'),
  },
  {
    clause: 'RFC 7521 4.2 client_id is unnecessary; where it is present it names the same client',
    request: ({ post, assert }) => post(TOKEN_ENDPOINT, { ...grant, ...assert(), client_id: 'keyed' }),
    body: tokenAnswer,
  },
  {
    clause: 'RFC 7521 4.2 a client_id that names another client',
    request: ({ post, assert }) => post(TOKEN_ENDPOINT, { ...grant, ...assert(), client_id: 'app' }),
    status: 401,
    body: invalidClient,
  },
  {
    clause: 'RFC 7521 4.2 an assertion beside a secret is one method too many',
    request: ({ post, assert }) =>
      post(TOKEN_ENDPOINT, { ...grant, ...assert(), client_id: 'app', client_secret: 'app-secret' }),
    status: 400,
    body: refusal('invalid_request', 'More than one way of client authentication'),
  },
  {
    clause: 'RFC 7521 4.2.1 an assertion that is no assertion: invalid_client',
    request: ({ post, assert }) => post(TOKEN_ENDPOINT, { ...grant, ...assert(), client_assertion: 'a.b.c' }),
    status: 401,
    body: invalidClient,
  },
];

/** JWTs for client authentication, with what RFC 7523bis and RFC 8725 make of them. */
export const rfc7523: Clause[] = [
  { clause: 'RFC 7523 2.2 a JWT that the client signs authenticates it', request: requestWith(), body: tokenAnswer },
  {
    clause: 'RFC 7523 2.2 at the introspection endpoint too (RFC 7662 2.1)',
    request: ({ post, assert }) => post(INTROSPECTION_ENDPOINT, { token: 'unknown', ...assert() }),
    body: () => ({ active: false }),
  },
  {
    clause: 'RFC 7523 2.2 at the revocation endpoint too (RFC 7009 2.1)',
    request: ({ post, assert }) => post('/oauth2/revoke', { token: 'unknown', ...assert() }),
    headers: { 'content-type': null },
    body: () => ({}),
  },
  refusalOf('RFC 7523 3 (1) iss is required', () => ({ iss: undefined })),
  refusalOf('RFC 7523 3 (2) sub is required, and is the client id', () => ({ sub: 'app' })),
  refusalOf('RFC 7523 3 (3) aud is required', () => ({ aud: undefined })),
  refusalOf('RFC 7523 3 (3) aud is this server', () => ({ aud: 'https://other.example.com' })),
  refusalOf('RFC 7523bis 4 aud is the issuer, and not the token endpoint', ({ issuer }) => ({
    aud: `${issuer}${TOKEN_ENDPOINT}`,
  })),
  refusalOf('RFC 7523bis 4 aud is one string', ({ issuer }) => ({ aud: [issuer] })),
  refusalOf('RFC 7523 3 (4) exp is required', () => ({ exp: undefined })),
  refusalOf('RFC 7523 3 (4) an assertion that has expired', () => ({ iat: now() - 400, exp: now() - 300 })),
  refusalOf('RFC 7523 3 (4) exp unreasonably far in the future', () => ({ exp: now() + 3600 })),
  refusalOf('RFC 7523 3 (5) before nbf', () => ({ nbf: now() + 300, exp: now() + 360 })),
  refusalOf('RFC 7523 3 (6) iat in the future', () => ({ iat: now() + 300, exp: now() + 360 })),
  refusalOf('RFC 7523 3 (7) jti, which OpenID Connect Core 9 requires', () => ({ jti: undefined })),
  {
    clause: 'RFC 7523 3 (7) a jti is accepted once',
    request: async ({ post, assert }) => {
      const form = { ...grant, ...assert() };
      await post(TOKEN_ENDPOINT, form);
      return post(TOKEN_ENDPOINT, form);
    },
    status: 401,
    body: invalidClient,
  },
  {
    clause: 'RFC 7523 3 (8) other claims are ignored',
    request: requestWith(() => ({ colour: 'red' })),
    body: tokenAnswer,
  },
  {
    clause: 'RFC 7523 3 (9) a signature by the key of the client',
    request: ({ post, assert }) => {
      const { client_assertion: assertion, ...type } = assert();
      const [header, claims] = assertion.split('.');
      return post(TOKEN_ENDPOINT, { ...grant, ...type, client_assertion: `${header}.${claims}.${'A'.repeat(86)}` });
    },
    status: 401,
    body: invalidClient,
  },
  {
    clause: 'RFC 7523bis 4 typ client-authentication+jwt',
    request: requestWith(undefined, { typ: 'client-authentication+jwt' }),
    body: tokenAnswer,
  },
  {
    clause: 'RFC 8725 3.11 a JWT of another type is no assertion',
    request: requestWith(undefined, { typ: 'at+jwt' }),
    status: 401,
    body: invalidClient,
  },
];
