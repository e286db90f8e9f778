import { randomUUID } from 'node:crypto';
import {
  type TestAssertionClaims,
  assertionForm,
  createTestKey,
  signTestAssertion,
  signTestToken,
  type TestHeader,
} from '@mandate/testing';
import { CIBA, basic, exchangeForm, postForm } from '../end-to-end/post-form.js';
import { realClock } from '../end-to-end/start-service.js';
import { startStandalone } from '../end-to-end/worlds.js';

export const USERS = 'https://users.example.com';
export const IMAGES = 'https://images.example.com';
export const REPORTS = 'https://reports.example.com';
export const TOKEN_ENDPOINT = '/oauth2/token';
export const INTROSPECTION_ENDPOINT = '/oauth2/introspect';

export const BACKCHANNEL_ENDPOINT = '/oauth2/bc-authorize';

const clientKey = createTestKey('ES256');

const clients = [
  { clientId: 'app', clientSecret: 'app-secret', scopes: ['read', 'write'], audiences: [IMAGES] },
  { clientId: 'an:id', clientSecret: 'a secret', scopes: ['read'] },
  { clientId: 'gateway', clientSecret: 'gateway-secret', scopes: ['exchange', 'introspect', 'explain', 'revoke'] },
  {
    clientId: 'keyed',
    jwks: { keys: [clientKey.publicJwk] },
    scopes: ['read', 'introspect', 'revoke', 'exchange'],
    mayAssertUsers: { subs: ['alice'] },
  },
  {
    clientId: 'desk',
    clientSecret: 'desk-secret',
    scopes: ['read', 'write'],
    grantTypes: [CIBA, 'refresh_token'],
  },
  {
    clientId: 'signing-desk',
    jwks: { keys: [clientKey.publicJwk] },
    scopes: ['read'],
    grantTypes: [CIBA],
    backchannelTokenDeliveryMode: 'ping',
    backchannelClientNotificationEndpoint: 'https://desk.example.com/ping',
    backchannelAuthenticationRequestSigningAlg: 'ES256',
  },
  { clientId: 'refresher', clientSecret: 'refresher-secret', scopes: ['read'], grantTypes: ['refresh_token'] },
];
const rule = (id: string, audience: string, scopes: string[]) => ({
  id,
  patterns: [`${audience}/*`],
  audience,
  scopes,
  expirationSeconds: 120,
});
const policy = { resources: [rule('images', IMAGES, ['read', 'write']), rule('reports', REPORTS, ['read'])] };

export interface ClauseAnswer {
  status: number;
  headers: Headers;
  body: Record<string, unknown>;
}

/** The standalone as the clauses ask it: what they send, and tokens made to order. */
export interface ClauseWorld {
  issuer: string;
  ownKid: string;
  post: (path: string, form: Record<string, string> | string, authorization?: string) => Promise<ClauseAnswer>;
  request: (path: string, init?: RequestInit) => Promise<ClauseAnswer>;
  /** A token of a user, alice unless the claims say otherwise, from a trusted issuer. */
  user: (claims?: object, header?: TestHeader) => string;
  /** An access token of our own issuer for the client `gateway`. */
  own: (claims?: object, header?: TestHeader) => string;
  /** The parameters by which the client `keyed` asserts who it is, once. */
  assert: (claims?: TestAssertionClaims, header?: TestHeader) => ReturnType<typeof assertionForm>;
  /** A JWT by which the client `keyed` says that alice is there, once. */
  assertUser: (claims?: TestAssertionClaims, header?: TestHeader) => string;
  /** Asks a person of its own as `desk`, for `openid` unless the form says otherwise. */
  ask: (form?: Record<string, string>) => Promise<ClauseAnswer>;
  /** What a person answers; then the `auth_req_id` that it is about. */
  decide: (question: ClauseAnswer, approve: boolean) => Promise<string>;
  /** Polls as `desk`. */
  poll: (authReqId: string) => Promise<ClauseAnswer>;
  /** The same as `signing-desk`, which does not sign it. */
  askUnsigned: () => Promise<ClauseAnswer>;
  /** Sends a request that `signing-desk` signs, with everything that FAPI-CIBA demands unless the claims say otherwise. */
  askSigned: (claims?: Record<string, unknown>, header?: TestHeader) => Promise<ClauseAnswer>;
  /** Introspects as `gateway`. */
  introspect: (token: string, form?: Record<string, string>) => Promise<ClauseAnswer>;
  /** Exchanges as `gateway`: alice's token at images unless the form says otherwise. */
  exchange: (form?: Record<string, string>) => Promise<ClauseAnswer>;
  stop: () => Promise<void>;
}

export const GATEWAY = basic('gateway', 'gateway-secret');
export const APP = basic('app', 'app-secret');
export const DESK = basic('desk', 'desk-secret');

export async function startClauseWorld(): Promise<ClauseWorld> {
  const [ownKey, userKey] = [createTestKey('ES256'), createTestKey('RS256')];
  const trust = { mayAssertMayAct: true, mayAssertAct: true, mayAssertUsers: true };
  const users = { issuer: USERS, jwks: { keys: [userKey.publicJwk] }, ...trust };
  const env = {
    DEFAULT_ACTOR_ISSUERS: USERS,
    ASSERTED_SUBJECT_ISSUER: USERS,
    RESOURCE_SYNTAX: 'uri',
    TOKEN_CLAIMS_PROFILE: 'minimal',
    CIBA_CHANNEL: 'development',
  };
  const world = await startStandalone(env, { keys: [ownKey.privateJwk], issuers: [users], clients, policy });
  const issuer = world.authentication;
  const claims = (iss: string, sub: string) => {
    const now = realClock();
    const standard = { iss, sub, aud: 'gateway', client_id: 'gateway', scope: 'read write', jti: randomUUID() };
    return { ...standard, iat: now, exp: now + 300 };
  };
  const user: ClauseWorld['user'] = (changes, header) =>
    signTestToken(userKey, { ...claims(USERS, 'alice'), ...changes }, header);
  const assertionOf = (clientId: string, changes?: Parameters<typeof signTestAssertion>[2]): string =>
    signTestAssertion(clientKey, { clientId, audience: issuer, now: realClock() }, changes);
  const post: ClauseWorld['post'] = (path, form, authorization) => postForm(issuer + path, form, authorization);
  return {
    issuer,
    ownKid: ownKey.kid,
    user,
    post,
    own: (changes, header) => signTestToken(ownKey, { ...claims(issuer, 'gateway'), ...changes }, header),
    assert: (claims = {}, header = {}) => assertionForm(assertionOf('keyed', { claims, header })),
    assertUser: (claims = {}, header = {}) => assertionOf('keyed', { claims: { sub: 'alice', ...claims }, header }),
    ask: (form = {}) => post(BACKCHANNEL_ENDPOINT, { scope: 'openid', login_hint: randomUUID(), ...form }, DESK),
    async decide({ body }, approve) {
      const authReqId = String(body['auth_req_id']);
      await post('/development/bc-decision', { auth_req_id: authReqId, approve: String(approve) });
      return authReqId;
    },
    poll: (authReqId) => post(TOKEN_ENDPOINT, { grant_type: CIBA, auth_req_id: authReqId }, DESK),
    askUnsigned() {
      const proof = assertionForm(assertionOf('signing-desk'));
      return post(BACKCHANNEL_ENDPOINT, { scope: 'openid', login_hint: 'alice', ...proof });
    },
    askSigned(claims = {}, header = {}) {
      const now = realClock();
      const parameters = { scope: 'openid', login_hint: randomUUID(), binding_message: 'W-4711' };
      const ping = { client_notification_token: randomUUID() };
      const times = { iat: now, nbf: now, exp: now + 300, jti: randomUUID() };
      const defaults = { iss: 'signing-desk', aud: issuer, ...times, ...parameters, ...ping };
      const request = signTestToken(clientKey, { ...defaults, ...claims }, { typ: 'JWT', ...header });
      return post(BACKCHANNEL_ENDPOINT, { request, ...assertionForm(assertionOf('signing-desk')) });
    },
    introspect: (token, form = {}) => post(INTROSPECTION_ENDPOINT, { token, ...form }, GATEWAY),
    exchange: (form = {}) =>
      post(TOKEN_ENDPOINT, exchangeForm({ subject: user() }, { resource: `${IMAGES}/photos`, ...form }), GATEWAY),
    async request(path, init) {
      const response = await fetch(issuer + path, init);
      const body = (await response.json()) as Record<string, unknown>;
      return { status: response.status, headers: response.headers, body };
    },
    stop: () => world.stop(),
  };
}
