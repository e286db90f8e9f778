import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { CIBA_GRANT } from '@mandate/oauth';
import { type JWK, type JWTPayload, createLocalJWKSet, jwtVerify } from 'jose';
import { pathOf, startLoopbackServer } from '../http/loopback-server.js';
import { signTestToken } from '../keys/sign-test-token.js';
import { type TestKey, createTestKey } from '../keys/test-key.js';

type Claims = Record<string, unknown>;

/**
 * AM's CIBA as the documentation of PingAM 7 and 8 has it (`/oauth2/bc-authorize`, "Backchannel request grant"): it takes
 * a signed request and nothing else, by poll. It knows alice and bob, and calls them `(usr!alice)` in `sub`. What is not
 * documented is as OpenID CIBA Core section 13 says, and what its poll answers has status 403, as of its device flow.
 */
export interface OpenamCibaStandIn {
  issuer: string;
  /** The claims of the requests that it took. */
  requests: JWTPayload[];
  /** The parameters of its last poll. */
  lastPoll: () => Record<string, string>;
  /** What the person of every request says, as claims of the ID token; until then it is pending. */
  answer: (claims: Claims | 'denied' | 'expired') => void;
  /** Every answer is 500 from now on. */
  fail: () => void;
  close: () => Promise<void>;
}

export interface OpenamCibaStandInOptions {
  /** Epoch seconds. */
  clock: () => number;
  /** Its client, by HTTP Basic, and the keys that it registered. */
  clientId: string;
  clientSecret: string;
  clientKeys: () => readonly JWK[];
}

type Answer = [status: number, body: Claims];

const KNOWN = ['alice', 'bob'];
const HTTP_BASIC = /^Basic (\S+)$/;
const THIRTY_MINUTES = 1800;

interface State extends OpenamCibaStandInOptions {
  issuer: string;
  key: TestKey;
  requests: JWTPayload[];
  /** Whom each `auth_req_id` is about. */
  users: Map<string, string>;
  lastPoll: Record<string, string>;
  answer: Claims | 'denied' | 'expired' | undefined;
  isFailing: boolean;
}

/** Starts the stand-in on a free loopback port, with the context path `/am`. */
export async function startOpenamCibaStandIn(options: OpenamCibaStandInOptions): Promise<OpenamCibaStandIn> {
  const server = await startLoopbackServer((request, response) => {
    void respond(request, state).then(([status, body]) => {
      response.writeHead(state.isFailing ? 500 : status, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify(body));
    });
  });
  const state: State = {
    ...options,
    issuer: `${server.origin}/am/oauth2`,
    key: createTestKey('ES256'),
    requests: [],
    users: new Map(),
    lastPoll: {},
    answer: undefined,
    isFailing: false,
  };
  return {
    issuer: state.issuer,
    requests: state.requests,
    lastPoll: () => state.lastPoll,
    answer: (claims) => void (state.answer = claims),
    fail: () => void (state.isFailing = true),
    close: () => server.close(),
  };
}

async function respond(request: IncomingMessage, state: State): Promise<Answer> {
  const { issuer, key, clientId, clientSecret } = state;
  const path = pathOf(request).replace('/am/oauth2', '');
  if (path === '/.well-known/openid-configuration') return [200, discovery(issuer)];
  if (path === '/connect/jwk_uri') return [200, { keys: [key.publicJwk] }];
  const credentials = HTTP_BASIC.exec(request.headers.authorization ?? '')?.[1] ?? '';
  const isClient = Buffer.from(credentials, 'base64').toString('utf8') === `${clientId}:${clientSecret}`;
  if (!isClient) return refusal(401, 'invalid_client', 'Client authentication failed');
  const form = Object.fromEntries(new URLSearchParams(await text(request)));
  if (path === '/bc-authorize') return ask(form, state);
  return path === '/access_token' ? poll(form, state) : [404, {}];
}

async function ask(form: Record<string, string>, state: State): Promise<Answer> {
  const missingName = ['client_id', 'request'].find((name) => form[name] === undefined);
  if (missingName !== undefined) return refusal(400, 'invalid_request', `Missing parameter, '${missingName}'`);
  const claims = await verifyRequest(form['request'] ?? '', state);
  if (typeof claims === 'string') return refusal(400, 'invalid_request', claims);
  if (!isShownByPush(claims['binding_message'])) return refusal(400, 'invalid_binding_message', 'Not to be shown');
  const hint = claims['login_hint'];
  if (typeof hint !== 'string' || !KNOWN.includes(hint)) return refusal(400, 'unknown_user_id', 'No such user');
  state.requests.push(claims);
  const authReqId = randomUUID();
  state.users.set(authReqId, hint);
  return [200, { auth_req_id: authReqId, expires_in: 600, interval: 2 }];
}

function poll(form: Record<string, string>, state: State): Answer {
  state.lastPoll = form;
  const { answer, users } = state;
  const user = users.get(form['auth_req_id'] ?? '');
  if (form['grant_type'] !== CIBA_GRANT) return refusal(400, 'unsupported_grant_type', 'Grant type is not supported');
  if (user === undefined) return refusal(400, 'invalid_grant', 'The provided access grant is invalid');
  if (answer === undefined) return refusal(403, 'authorization_pending', 'End user has not yet been authenticated');
  if (answer === 'denied') return refusal(403, 'access_denied', 'The end user denied the authorization request');
  if (answer === 'expired') return refusal(403, 'expired_token', 'The auth_req_id has expired');
  const tokens = { access_token: randomUUID(), token_type: 'Bearer', expires_in: 3599, scope: 'openid' };
  return [200, { ...tokens, id_token: idTokenOf(user, answer, state) }];
}

function idTokenOf(user: string, claims: Claims, { clock, issuer, clientId, key }: State): string {
  const times = { iat: clock(), exp: clock() + 3600, auth_time: clock() };
  const names = { sub: `(usr!${user})`, subname: user, tokenName: 'id_token', realm: '/' };
  return signTestToken(
    key,
    { iss: issuer, aud: clientId, azp: clientId, ...times, ...names, ...claims },
    { typ: 'JWT' },
  );
}

function discovery(issuer: string): Claims {
  return {
    issuer,
    jwks_uri: `${issuer}/connect/jwk_uri`,
    token_endpoint: `${issuer}/access_token`,
    backchannel_authentication_endpoint: `${issuer}/bc-authorize`,
  };
}

/** The claims of a request that AM takes; else what it says of it. */
async function verifyRequest(
  request: string,
  { clock, clientId, clientKeys, issuer }: State,
): Promise<JWTPayload | string> {
  const keys = createLocalJWKSet({ keys: [...clientKeys()] });
  const expected = { issuer: clientId, audience: issuer, currentDate: new Date(clock() * 1000) };
  const jwt = await jwtVerify(request, keys, expected).catch(() => undefined);
  if (jwt === undefined) return 'JWT signature or claims are not valid';
  const { payload } = jwt;
  if (payload.exp === undefined) return 'JWT has no expiration time';
  if (payload.exp > clock() + THIRTY_MINUTES) return 'JWT expiration time is unreasonable';
  if (!String(payload['scope']).split(' ').includes('openid')) return 'JWT has no scope openid';
  return typeof payload['acr_values'] === 'string' ? payload : 'JWT has no acr_values';
}

/** A push message has at most 100 characters, begins with a letter, a number or punctuation, and has no line breaks. */
function isShownByPush(message: unknown): boolean {
  return message === undefined || (typeof message === 'string' && /^[\p{L}\p{N}\p{P}][^\p{C}]{0,99}$/u.test(message));
}

function refusal(status: number, error: string, description: string): Answer {
  return [status, { error, error_description: description }];
}
