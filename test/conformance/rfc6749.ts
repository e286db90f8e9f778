import { basic } from '../end-to-end/post-form.js';
import { aString, type Clause, refusal } from './clause.js';
import { APP, TOKEN_ENDPOINT } from './clause-world.js';

const grant = { grant_type: 'client_credentials' };
const tokenAnswer = (scope: string) => () => ({ access_token: aString, token_type: 'Bearer', expires_in: 3600, scope });
const BASIC_CHALLENGE = { 'www-authenticate': 'Basic realm="mandate"' };

/** The OAuth 2.0 Authorization Framework. */
export const rfc6749: Clause[] = [
  {
    clause: 'RFC 6749 2.3 a client uses one authentication method per request',
    request: ({ post }) => post(TOKEN_ENDPOINT, { ...grant, client_id: 'app', client_secret: 'app-secret' }, APP),
    status: 400,
    body: refusal('invalid_request', 'More than one way of client authentication'),
  },
  {
    clause: 'RFC 6749 2.3.1 the halves of Basic credentials are form-encoded',
    request: ({ post }) => post(TOKEN_ENDPOINT, grant, basic('an%3Aid', 'a+secret')),
    body: tokenAnswer('read'),
  },
  {
    clause: 'RFC 6749 2.3.1 credentials in the form are an alternative',
    request: ({ post }) => post(TOKEN_ENDPOINT, { ...grant, client_id: 'app', client_secret: 'app-secret' }),
    body: tokenAnswer('read write'),
  },
  {
    clause: 'RFC 6749 2.3.1 credentials in the URI are never read',
    request: ({ post }) => post(`${TOKEN_ENDPOINT}?client_id=app&client_secret=app-secret`, grant),
    status: 401,
    headers: BASIC_CHALLENGE,
    body: refusal('invalid_client', 'Client authentication failed'),
  },
  {
    clause: 'RFC 6749 3.2 the token endpoint takes POST only',
    request: ({ request }) => request(`${TOKEN_ENDPOINT}?grant_type=client_credentials`),
    status: 405,
    headers: { allow: 'POST' },
    body: refusal('invalid_request', 'The method is not supported here'),
  },
  {
    clause: 'RFC 6749 3.2 a parameter without a value counts as omitted',
    request: ({ post }) => post(TOKEN_ENDPOINT, { ...grant, scope: '' }, APP),
    body: tokenAnswer('read write'),
  },
  {
    clause: 'RFC 6749 3.2 an unrecognized parameter is ignored',
    request: ({ post }) => post(TOKEN_ENDPOINT, { ...grant, colour: 'red' }, APP),
    body: tokenAnswer('read write'),
  },
  {
    clause: 'RFC 6749 3.2 a parameter must not come twice',
    request: ({ post }) => post(TOKEN_ENDPOINT, 'grant_type=client_credentials&scope=read&scope=write', APP),
    status: 400,
    body: refusal('invalid_request', 'Parameter scope is repeated'),
  },
  {
    clause: 'RFC 6749 3.3 a scope token has no quote and no backslash',
    request: ({ post }) => post(TOKEN_ENDPOINT, { ...grant, scope: 're"ad' }, APP),
    status: 400,
    body: refusal('invalid_scope', 'The scope has a character that is not allowed'),
  },
  {
    clause: 'RFC 6749 3.3 the answer names the scope that was issued',
    request: ({ post }) => post(TOKEN_ENDPOINT, { ...grant, scope: 'write' }, APP),
    body: tokenAnswer('write'),
  },
  {
    clause: 'RFC 6749 4.4.3 client credentials give no refresh token; 5.1 the members and headers of success',
    request: ({ post }) => post(TOKEN_ENDPOINT, grant, APP),
    body: tokenAnswer('read write'),
  },
  {
    clause: 'RFC 6749 5.2 invalid_request: a required parameter is missing',
    request: ({ post }) => post(TOKEN_ENDPOINT, { scope: 'read' }, APP),
    status: 400,
    body: refusal('invalid_request', 'Parameter grant_type is missing'),
  },
  {
    clause: 'RFC 6749 5.2 invalid_client: 401 with the challenge that answers the Authorization header',
    request: ({ post }) => post(TOKEN_ENDPOINT, grant, basic('app', 'wrong')),
    status: 401,
    headers: BASIC_CHALLENGE,
    body: refusal('invalid_client', 'Client authentication failed'),
  },
  {
    clause: 'RFC 6749 5.2 invalid_client: an unknown client is answered as a wrong secret is',
    request: ({ post }) => post(TOKEN_ENDPOINT, grant, basic('nobody', 'wrong')),
    status: 401,
    headers: BASIC_CHALLENGE,
    body: refusal('invalid_client', 'Client authentication failed'),
  },
  {
    clause: 'RFC 6749 5.2 invalid_client: no challenge where the credentials came in the form',
    request: ({ post }) => post(TOKEN_ENDPOINT, { ...grant, client_id: 'app', client_secret: 'wrong' }),
    status: 401,
    body: refusal('invalid_client', 'Client authentication failed'),
  },
  {
    clause: 'RFC 6749 5.2 unauthorized_client: a grant that this client may not use',
    request: ({ post }) => post(TOKEN_ENDPOINT, grant, basic('refresher', 'refresher-secret')),
    status: 400,
    body: refusal('unauthorized_client', 'The client may not use this grant type'),
  },
  {
    clause: 'RFC 6749 5.2 unsupported_grant_type: a grant that nobody may use',
    request: ({ post }) => post(TOKEN_ENDPOINT, { grant_type: 'password' }, APP),
    status: 400,
    body: refusal('unsupported_grant_type', 'This grant type is not supported here'),
  },
  {
    clause: 'RFC 6749 5.2 invalid_scope: more than the client has',
    request: ({ post }) => post(TOKEN_ENDPOINT, { ...grant, scope: 'read admin' }, APP),
    status: 400,
    body: refusal('invalid_scope', 'The client may not ask for this scope'),
  },
];
