import { aString, type Clause, refusal } from './clause.js';
import { type ClauseWorld, GATEWAY, IMAGES, TOKEN_ENDPOINT } from './clause-world.js';

const grant_type = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const target = { resource: `${IMAGES}/photos`, scope: 'read' };
const tokenAnswer = () => ({
  access_token: aString,
  issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
  token_type: 'Bearer',
  expires_in: 120,
  scope: 'read',
});
const badAssertion = refusal('invalid_grant', 'The assertion is not acceptable');
const now = () => Math.floor(Date.now() / 1000);

/** What alice's issuer says to this server of her. */
const ofAlice = ({ user, issuer }: ClauseWorld, claims: object = {}): string =>
  user({ aud: issuer, client_id: undefined, scope: undefined, ...claims }, { typ: 'JWT' });

const requestWith =
  (claims: (world: ClauseWorld) => object = () => ({})): Clause['request'] =>
  (world) =>
    world.post(TOKEN_ENDPOINT, { grant_type, ...target, assertion: ofAlice(world, claims(world)) }, GATEWAY);

const refusalOf = (clause: string, claims: (world: ClauseWorld) => object): Clause => ({
  clause,
  request: requestWith(claims),
  status: 400,
  body: badAssertion,
});

/** The Assertion Framework, as far as assertions are grants. */
export const rfc7521Grant: Clause[] = [
  {
    clause: 'RFC 7521 4.1 assertion is required',
    request: ({ post }) => post(TOKEN_ENDPOINT, { grant_type, ...target }, GATEWAY),
    status: 400,
    body: refusal('invalid_request', 'Parameter assertion is missing'),
  },
  {
    clause: 'RFC 7521 4.1 an assertion as grant, and one that authenticates the client, in one request',
    request: (world) =>
      world.post(TOKEN_ENDPOINT, { grant_type, ...target, assertion: ofAlice(world), ...world.assert() }),
    body: tokenAnswer,
  },
  {
    clause: 'RFC 7521 4.1 scope is within what the grant gives: invalid_scope',
    request: (world) =>
      world.post(TOKEN_ENDPOINT, { grant_type, ...target, scope: 'admin', assertion: ofAlice(world) }, GATEWAY),
    status: 400,
    body: refusal('invalid_scope', 'The requested scope is not allowed'),
  },
  {
    clause: 'RFC 7521 4.1.1 an assertion that is no assertion: invalid_grant',
    request: ({ post }) => post(TOKEN_ENDPOINT, { grant_type, ...target, assertion: 'a.b.c' }, GATEWAY),
    status: 400,
    body: badAssertion,
  },
];

/** JWTs as authorization grants. */
export const rfc7523Grant: Clause[] = [
  {
    clause: 'RFC 7523 2.1 a JWT of an issuer that may assert users is a grant',
    request: requestWith(),
    body: tokenAnswer,
  },
  {
    clause: 'RFC 7523 2.1 a JWT that the client made for a person its record names is a grant',
    request: ({ post, assert, assertUser }) =>
      post(TOKEN_ENDPOINT, { grant_type, ...target, assertion: assertUser(), ...assert() }),
    body: tokenAnswer,
  },
  refusalOf('RFC 7523 3 (1) the iss of the assertion grant is one we trust', () => ({ iss: 'https://x.example.com' })),
  refusalOf('RFC 7523 3 (2) the sub of the assertion grant is required', () => ({ sub: undefined })),
  refusalOf('RFC 7523 3 (3) the aud of the assertion grant is required', () => ({ aud: undefined })),
  refusalOf('RFC 7523 3 (3) the aud of the assertion grant is this server', () => ({ aud: 'https://x.example.com' })),
  {
    clause: 'RFC 7523 3 (3) the aud of the assertion grant may be the token endpoint',
    request: requestWith(({ issuer }) => ({ aud: `${issuer}${TOKEN_ENDPOINT}` })),
    body: tokenAnswer,
  },
  refusalOf('RFC 7523 3 (4) the exp of the assertion grant is required', () => ({ exp: undefined })),
  refusalOf('RFC 7523 3 (4) an assertion grant that has expired', () => ({ iat: now() - 400, exp: now() - 300 })),
  refusalOf('RFC 7523 3 (5) an assertion grant before nbf', () => ({ nbf: now() + 120 })),
  {
    clause: 'RFC 7523 3 (7) the jti of an assertion grant that a client made is accepted once',
    request: async ({ post, assert, assertUser }) => {
      const form = { grant_type, ...target, assertion: assertUser() };
      await post(TOKEN_ENDPOINT, { ...form, ...assert() });
      return post(TOKEN_ENDPOINT, { ...form, ...assert() });
    },
    status: 400,
    body: badAssertion,
  },
  {
    clause: 'RFC 7523 3 (9) an assertion grant with a signature of nobody',
    request: (world) => {
      const [header, claims] = ofAlice(world).split('.');
      const assertion = `${header}.${claims}.${'A'.repeat(342)}`;
      return world.post(TOKEN_ENDPOINT, { grant_type, ...target, assertion }, GATEWAY);
    },
    status: 400,
    body: badAssertion,
  },
  {
    clause: 'RFC 7523 3.1 an assertion grant of a client for somebody it may not name: invalid_grant',
    request: ({ post, assert, assertUser }) =>
      post(TOKEN_ENDPOINT, { grant_type, ...target, assertion: assertUser({ sub: 'bob' }), ...assert() }),
    status: 400,
    body: badAssertion,
  },
];
