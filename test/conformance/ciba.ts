import { aNumber, aString, type Clause, containing, refusal } from './clause.js';
import { APP, BACKCHANNEL_ENDPOINT, DESK, IMAGES, TOKEN_ENDPOINT } from './clause-world.js';
import { CIBA } from '../end-to-end/post-form.js';

const AGREED = { type: 'act_on_behalf', actor: { sub: 'bob' }, scopes: ['read'], locations: [IMAGES] };
const acknowledgement = { auth_req_id: aString, expires_in: 120, interval: 5 };
const badRequest = (clause: string, description: string, request: Clause['request']): Clause => ({
  clause,
  request,
  status: 400,
  body: refusal('invalid_request', description),
});
const ONE_HINT = 'Name the person by exactly one of login_hint, login_hint_token, id_token_hint';

/** OpenID Connect Client-Initiated Backchannel Authentication Flow, Core 1.0. */
export const ciba: Clause[] = [
  {
    clause: 'CIBA 7.1 the endpoint takes POST only',
    request: ({ request }) => request(`${BACKCHANNEL_ENDPOINT}?scope=openid`),
    status: 405,
    headers: { allow: 'POST' },
    body: refusal('invalid_request', 'The method is not supported here'),
  },
  {
    clause: 'CIBA 7.1 the client authenticates as at the token endpoint',
    request: ({ post }) => post(BACKCHANNEL_ENDPOINT, { scope: 'openid', login_hint: 'alice', client_id: 'desk' }),
    status: 401,
    headers: { 'www-authenticate': 'Basic realm="mandate"' },
    body: refusal('invalid_client', 'Client authentication failed'),
  },
  {
    clause: 'CIBA 7.1 scope has to have openid',
    request: ({ ask }) => ask({ scope: 'read' }),
    status: 400,
    body: refusal('invalid_scope', 'The scope lacks openid'),
  },
  badRequest('CIBA 7.1 scope is required', 'Parameter scope is missing', ({ post }) =>
    post(BACKCHANNEL_ENDPOINT, { login_hint: 'alice' }, DESK),
  ),
  badRequest('CIBA 7.1 one hint is required', ONE_HINT, ({ post }) =>
    post(BACKCHANNEL_ENDPOINT, { scope: 'openid' }, DESK),
  ),
  badRequest('CIBA 7.1 no more than one hint', ONE_HINT, ({ ask }) => ask({ id_token_hint: 'x' })),
  badRequest(
    'CIBA 7.1 requested_expiry is a number of seconds',
    'Parameter requested_expiry is not 30 to 600 seconds',
    ({ ask }) => ask({ requested_expiry: 'soon' }),
  ),
  badRequest(
    'CIBA 7.1.1 a client registered for signed requests sends no other',
    'The client is registered for signed requests',
    ({ askUnsigned }) => askUnsigned(),
  ),
  {
    clause: 'CIBA 7.3 auth_req_id, expires_in and interval',
    request: ({ ask }) => ask(),
    body: () => acknowledgement,
  },
  {
    clause: 'CIBA 7.3 expires_in as it was asked for',
    request: ({ ask }) => ask({ requested_expiry: '45' }),
    body: () => ({ ...acknowledgement, expires_in: 45 }),
  },
  {
    clause: 'CIBA 10.1.1 the tokens, once the person has agreed',
    request: async ({ ask, decide, poll }) => poll(await decide(await ask({ login_hint: 'alice' }), true)),
    body: () => ({
      access_token: aString,
      token_type: 'Bearer',
      expires_in: 3600,
      scope: 'openid',
      id_token: aString,
      refresh_token: aString,
    }),
    token: ({ issuer, ownKid }) => ({
      header: { alg: 'ES256', kid: ownKid, typ: 'at+jwt' },
      claims: {
        iss: issuer,
        sub: 'alice',
        aud: 'desk',
        client_id: 'desk',
        scope: 'openid',
        jti: aString,
        iat: aNumber,
        exp: aNumber,
        auth_time: aNumber,
        authGrantId: aString,
      },
    }),
  },
  {
    clause: 'RFC 9396 9.1 what was agreed to, in the token',
    request: async ({ ask, decide, poll }) =>
      poll(await decide(await ask({ authorization_details: JSON.stringify([AGREED]) }), true)),
    body: () => containing({ scope: 'openid read' }),
    token: () => ({ claims: containing({ authorization_details: [AGREED], may_act: { sub: 'bob' } }) }),
  },
  {
    clause: 'CIBA 11 authorization_pending',
    request: async ({ ask, poll }) => poll(String((await ask()).body['auth_req_id'])),
    status: 400,
    body: () => ({
      error: 'authorization_pending',
      error_description: 'The person has not answered yet',
      interval: 5,
    }),
  },
  {
    clause: 'CIBA 11 slow_down',
    request: async ({ ask, poll }) => {
      const authReqId = String((await ask()).body['auth_req_id']);
      await poll(authReqId);
      return poll(authReqId);
    },
    status: 400,
    body: () => ({
      error: 'slow_down',
      error_description: 'The client polls too often: from now on the interval is 5 seconds longer',
      interval: 10,
    }),
  },
  {
    clause: 'CIBA 11 access_denied',
    request: async ({ ask, decide, poll }) => poll(await decide(await ask(), false)),
    status: 400,
    body: refusal('access_denied', 'The person has refused'),
  },
  {
    clause: 'CIBA 11 invalid_grant for an auth_req_id that was never given',
    request: ({ poll }) => poll('never-given'),
    status: 400,
    body: refusal('invalid_grant', 'There is no such request of this client, or its answer was fetched before'),
  },
  {
    clause: 'CIBA 10.1.1 an auth_req_id is good once',
    request: async ({ ask, decide, poll }) => {
      const authReqId = await decide(await ask(), true);
      await poll(authReqId);
      return poll(authReqId);
    },
    status: 400,
    body: refusal('invalid_grant', 'There is no such request of this client, or its answer was fetched before'),
  },
  badRequest('CIBA 10.1 auth_req_id is required', 'Parameter auth_req_id is missing', ({ post }) =>
    post(TOKEN_ENDPOINT, { grant_type: CIBA }, DESK),
  ),
  {
    clause: 'CIBA 13 unauthorized_client',
    request: ({ post }) => post(BACKCHANNEL_ENDPOINT, { scope: 'openid', login_hint: 'alice' }, APP),
    status: 400,
    body: refusal('unauthorized_client', 'The client may not ask people'),
  },
  {
    clause: 'CIBA 13 invalid_scope',
    request: ({ ask }) => ask({ scope: 'openid admin' }),
    status: 400,
    body: refusal('invalid_scope', 'The client may not ask for this scope'),
  },
  {
    clause: 'CIBA 13 invalid_binding_message',
    request: ({ ask }) => ask({ binding_message: 'a\nb' }),
    status: 400,
    body: refusal('invalid_binding_message', 'The binding message is not a plain line of 1 to 64 characters'),
  },
  {
    clause: 'CIBA 13 expired_login_hint_token',
    request: ({ post, user, issuer }) => {
      const hint = user({ aud: issuer, iat: 1, exp: 2, client_id: undefined, scope: undefined }, { typ: 'JWT' });
      return post(BACKCHANNEL_ENDPOINT, { scope: 'openid', login_hint_token: hint }, DESK);
    },
    status: 400,
    body: refusal('expired_login_hint_token', 'The login hint token has expired'),
  },
  {
    clause: 'RFC 9396 5 invalid_authorization_details',
    request: ({ ask }) => ask({ authorization_details: '[{"type":"payment"}]' }),
    status: 400,
    body: refusal(
      'invalid_authorization_details',
      'The authorization details are not an act_on_behalf as it has to be',
    ),
  },
];

const UNACCEPTABLE = 'The signed request is not acceptable';
const now = (): number => Math.floor(Date.now() / 1000);
const refusedRequest = (clause: string, claims: () => Record<string, unknown>): Clause =>
  badRequest(clause, UNACCEPTABLE, ({ askSigned }) => askSigned(claims()));

/** Financial-grade API: Client Initiated Backchannel Authentication Profile, section 5.2.2; and the claims of CIBA Core 7.1.1. */
export const fapiCiba: Clause[] = [
  {
    clause: 'FAPI-CIBA 5.2.2 a request that is signed, of a confidential client that authenticates by a key',
    request: ({ askSigned }) => askSigned(),
    body: () => acknowledgement,
  },
  {
    clause: 'FAPI-CIBA 5.2.2 a binding message, where nothing else tells one request from another',
    request: ({ askSigned }) => askSigned({ binding_message: undefined }),
    status: 400,
    body: refusal('invalid_binding_message', 'A binding message or authorization details are needed'),
  },
  {
    clause: 'FAPI-CIBA 5.2.2 or authorization details in its place',
    request: ({ askSigned }) => askSigned({ binding_message: undefined, authorization_details: [AGREED] }),
    body: () => acknowledgement,
  },
  refusedRequest('FAPI-CIBA 5.2.2 exp is within 60 minutes of nbf', () => ({ exp: now() + 3700 })),
  refusedRequest('FAPI-CIBA 5.2.2 nbf is not older than 60 minutes', () => ({
    nbf: now() - 3700,
    iat: now() - 3700,
    exp: now() + 60,
  })),
  badRequest('FAPI-CIBA 7.10 the algorithm is the registered one', UNACCEPTABLE, ({ askSigned }) =>
    askSigned({}, { alg: 'RS256' }),
  ),
  refusedRequest('CIBA 7.1.1 aud has our issuer', () => ({ aud: 'https://other.example.com' })),
  refusedRequest('CIBA 7.1.1 iss is the client', () => ({ iss: 'desk' })),
  refusedRequest('CIBA 7.1.1 exp is required', () => ({ exp: undefined })),
  refusedRequest('CIBA 7.1.1 exp is not over', () => ({ nbf: now() - 600, iat: now() - 600, exp: now() - 300 })),
  refusedRequest('CIBA 7.1.1 iat is required', () => ({ iat: undefined })),
  refusedRequest('CIBA 7.1.1 nbf is required', () => ({ nbf: undefined })),
  refusedRequest('CIBA 7.1.1 nbf is not ahead', () => ({ nbf: now() + 300 })),
  refusedRequest('CIBA 7.1.1 jti is required', () => ({ jti: undefined })),
  {
    clause: 'CIBA 7.1.1 a request is accepted once',
    request: async ({ askSigned }) => {
      const jti = `once-${now()}`;
      await askSigned({ jti });
      return askSigned({ jti });
    },
    status: 400,
    body: refusal('invalid_request', UNACCEPTABLE),
  },
  badRequest(
    'CIBA 7.1 a client that is pinged gives a notification token',
    'Parameter client_notification_token is missing',
    ({ askSigned }) => askSigned({ client_notification_token: undefined }),
  ),
  badRequest(
    'CIBA 7.1 a notification token is a bearer token',
    'Parameter client_notification_token is not a bearer token',
    ({ askSigned }) => askSigned({ client_notification_token: 'a b' }),
  ),
];
