import { ACCESS_TOKEN, exchangeForm, TOKEN_EXCHANGE } from '../end-to-end/post-form.js';
import { aString, type Clause, containing, refusal } from './clause.js';
import { GATEWAY, IMAGES, REPORTS, TOKEN_ENDPOINT, USERS } from './clause-world.js';

const TYPE = 'urn:ietf:params:oauth:token-type:';
const tokenAnswer = (scope: string) => () => ({
  access_token: aString,
  issued_token_type: ACCESS_TOKEN,
  token_type: 'Bearer',
  expires_in: 120,
  scope,
});
const notAllowed = { status: 400, body: refusal('invalid_request', 'The exchange is not allowed') };
const targetRefused = { status: 400, body: refusal('invalid_target', 'A requested target is not allowed') };
const target = { resource: `${IMAGES}/photos` };

/** OAuth 2.0 Token Exchange. */
export const rfc8693: Clause[] = [
  {
    clause: 'RFC 8693 2.1 subject_token is required',
    request: ({ post }) =>
      post(TOKEN_ENDPOINT, { grant_type: TOKEN_EXCHANGE, subject_token_type: ACCESS_TOKEN }, GATEWAY),
    status: 400,
    body: refusal('invalid_request', 'Parameter subject_token is missing'),
  },
  {
    clause: 'RFC 8693 2.1 subject_token_type is required',
    request: ({ post, user }) => post(TOKEN_ENDPOINT, { grant_type: TOKEN_EXCHANGE, subject_token: user() }, GATEWAY),
    status: 400,
    body: refusal('invalid_request', 'Parameter subject_token_type is missing'),
  },
  {
    clause: 'RFC 8693 2.1 actor_token_type is required with actor_token',
    request: ({ exchange, user }) => exchange({ actor_token: user({ sub: 'bob' }) }),
    status: 400,
    body: refusal('invalid_request', 'Parameters actor_token and actor_token_type go together'),
  },
  {
    clause: 'RFC 8693 2.1 actor_token_type must not come without actor_token',
    request: ({ exchange }) => exchange({ actor_token_type: ACCESS_TOKEN }),
    status: 400,
    body: refusal('invalid_request', 'Parameters actor_token and actor_token_type go together'),
  },
  {
    clause: 'RFC 8693 2.1 a subject token type that is not accepted',
    request: ({ exchange }) => exchange({ subject_token_type: `${TYPE}saml2` }),
    status: 400,
    body: refusal('invalid_request', 'The declared token type is not supported'),
  },
  {
    clause: 'RFC 8693 2.1 a requested token type that is not issued',
    request: ({ exchange }) => exchange({ requested_token_type: `${TYPE}refresh_token` }),
    status: 400,
    body: refusal('invalid_request', 'The requested token type is not supported'),
  },
  {
    clause: 'RFC 8693 2.1 audience names a target logically, and several may be asked at once',
    request: ({ post, user }) => {
      const form = new URLSearchParams(exchangeForm({ subject: user() }, { audience: IMAGES, scope: 'read' }));
      form.append('audience', REPORTS);
      return post(TOKEN_ENDPOINT, form.toString(), GATEWAY);
    },
    body: tokenAnswer('read'),
    token: ({ issuer }) => ({
      claims: containing({ iss: issuer, sub: 'alice', aud: [IMAGES, REPORTS], scope: 'read' }),
    }),
  },
  {
    clause: 'RFC 8693 2.2.1 the members of success; never a refresh token',
    request: ({ exchange }) => exchange({ scope: 'read' }),
    body: tokenAnswer('read'),
  },
  {
    clause: 'RFC 8693 2.2.1 scope is said also where none was asked',
    request: ({ exchange }) => exchange(),
    body: tokenAnswer('read write'),
  },
  {
    clause: 'RFC 8693 2.2.1 token_type N_A for a token that is no access token',
    request: ({ exchange }) => exchange({ requested_token_type: `${TYPE}jwt` }),
    body: () => ({ ...tokenAnswer('read write')(), issued_token_type: `${TYPE}jwt`, token_type: 'N_A' }),
  },
  {
    clause: 'RFC 8693 2.2.2 invalid_request: a subject token that is not valid',
    request: ({ exchange }) => exchange({ subject_token: 'none' }),
    status: 400,
    body: refusal('invalid_request', 'The subject token is not acceptable'),
  },
  {
    clause: 'RFC 8693 2.2.2 invalid_request: an actor token that is not valid',
    request: ({ exchange }) => exchange({ actor_token: 'none', actor_token_type: ACCESS_TOKEN }),
    status: 400,
    body: refusal('invalid_request', 'The actor token is not acceptable'),
  },
  {
    clause: 'RFC 8693 2.2.2 invalid_target: a target that the policy does not know',
    request: ({ exchange }) => exchange({ resource: 'https://unknown.example.com/' }),
    ...targetRefused,
  },
  {
    clause: 'RFC 8693 4.1 act names the actor, with whoever acted before nested in it',
    request: ({ exchange, user }) =>
      exchange({
        subject_token: user({ act: { sub: 'agent' }, may_act: { sub: 'bob' } }),
        actor_token: user({ sub: 'bob' }),
        actor_token_type: ACCESS_TOKEN,
        scope: 'read',
      }),
    body: tokenAnswer('read'),
    token: ({ issuer }) => ({
      claims: containing({ iss: issuer, sub: 'alice', act: { sub: 'bob', act: { sub: 'agent' } } }),
    }),
  },
  {
    clause: 'RFC 8693 4.4 may_act: who is not named in it may not act',
    request: ({ exchange, user }) =>
      exchange({
        subject_token: user({ may_act: { sub: 'bob', iss: USERS } }),
        actor_token: user({ sub: 'mallory' }),
        actor_token_type: ACCESS_TOKEN,
      }),
    ...notAllowed,
  },
];

/** Resource Indicators for OAuth 2.0, at the exchange. */
export const rfc8707: Clause[] = [
  {
    clause: 'RFC 8707 2 resource is an absolute URI',
    request: ({ exchange }) => exchange({ resource: 'photos' }),
    status: 400,
    body: refusal('invalid_target', 'A resource is not an absolute URI without a fragment'),
  },
  {
    clause: 'RFC 8707 2 resource has no fragment',
    request: ({ exchange }) => exchange({ resource: `${IMAGES}/photos#1` }),
    status: 400,
    body: refusal('invalid_target', 'A resource is not an absolute URI without a fragment'),
  },
  {
    clause: 'RFC 8707 2 resource may have a query',
    request: ({ exchange }) => exchange({ resource: `${IMAGES}/photos?of=alice` }),
    body: tokenAnswer('read write'),
  },
  {
    clause: 'RFC 8707 2 invalid_target: one of several that is not allowed',
    request: ({ exchange }) => exchange({ ...target, audience: 'https://unknown.example.com' }),
    ...targetRefused,
  },
  {
    clause: 'RFC 8707 2 a token without a target is not issued here',
    request: ({ post, user }) => post(TOKEN_ENDPOINT, exchangeForm({ subject: user() }), GATEWAY),
    status: 400,
    body: refusal('invalid_target', 'The request names no target'),
  },
];
