import type { Collection } from './published-requests.js';

/** What stands for a value that differs from run to run: any of a type, or seconds that no more than a minute of was used. */
export type Any = { any: 'string' | 'number' | 'object' } | { secondsLeft: number };
const STRING: Any = { any: 'string' };
const NUMBER: Any = { any: 'number' };
/** An hour, as the tokens that it is derived from were issued for; they are a moment old. */
const UP_TO_AN_HOUR: Any = { secondsLeft: 3600 };

/**
 * What the originals answered, by their documents: the status, the members of the JSON body, and the claims of its
 * access token. Further members and claims are allowed; what is listed must be there.
 */
export interface Answer {
  status: number;
  body?: Record<string, unknown>;
  claims?: Record<string, unknown>;
  /** Members that the answer must not have. */
  without?: readonly string[];
}

const AUDIENCES = ['https://resource.example.com', 'https://validation.example.com'];

/** A token of authentication: scopes as an array, lifetime and audit identifiers as claims. */
function issuedToken(client: string, scopes: readonly string[], attributes: Record<string, string> = {}): Answer {
  return {
    status: 200,
    body: { access_token: STRING, token_type: 'Bearer', expires_in: 3600, scope: scopes.join(' ') },
    claims: { ...clientClaims(client), scope: scopes, ...attributes },
    without: ['refresh_token'],
  };
}

function clientClaims(client: string): Record<string, unknown> {
  return {
    iss: 'https://example.com',
    sub: client,
    aud: [...AUDIENCES, client],
    cid: client,
    scp: { any: 'object' },
    tokenName: 'access_token',
    token_type: 'Bearer',
    auditTrackingId: STRING,
    authGrantId: STRING,
    jti: STRING,
    iat: NUMBER,
    nbf: NUMBER,
    auth_time: NUMBER,
    exp: NUMBER,
    expires_in: 3600,
  };
}

/** A token of token-exchange, as the published examples print its answer. */
function exchangedToken(scope: string, expiresIn: number | Any, claims: Record<string, unknown>): Answer {
  return {
    status: 200,
    body: {
      access_token: STRING,
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      token_type: 'Bearer',
      expires_in: expiresIn,
      scope,
    },
    claims: { iss: 'https://frtokenexchange.example.com', scp: scope.split(' '), iat: NUMBER, exp: NUMBER, ...claims },
    without: ['refresh_token'],
  };
}

export const ANSWERS = {
  /** AM gave a token, a session or a decision. */
  'am: done': { status: 200 },
  'am: code': { status: 302 },
  /** An ID token as the session that the decision is about: no AM takes it for one. The request is an example only. */
  'am: refused': { status: 400 },
  client1: issuedToken('client1', ['default', 'example'], { attrVal1: 'value1' }),
  client2: issuedToken('client2', ['example']),
  client3: issuedToken('client3', ['exchange', 'introspect']),
  'introspected client1': {
    status: 200,
    body: { active: true, scope: 'default example', client_id: 'client1', ...clientClaims('client1') },
  },
  'introspected AM token': {
    status: 200,
    body: { active: true, scope: 'profile', client_id: 'myoauthclient', sub: 'user.105', iss: STRING, exp: NUMBER },
  },
  'introspected AM session': { status: 200, body: { active: true, uid: 'user.105', realm: '/test' } },
  'introspected ID token': {
    status: 200,
    body: { active: true, sub: 'user.105', aud: 'myoauthclient', tokenName: 'id_token', iss: STRING, exp: NUMBER },
  },
  'exchanged session': exchangedToken('read write', UP_TO_AN_HOUR, {
    sub: 'user.0',
    aud: 'images',
    cn: STRING,
    mail: STRING,
  }),
  'delegated by AM': exchangedToken('read write', UP_TO_AN_HOUR, {
    sub: 'user.0',
    aud: 'example.com',
    act: { sub: 'user.2' },
  }),
  'exchanged by rule': exchangedToken('resource_read resource_write', 3210, {
    sub: 'client2',
    aud: 'resource1',
    exampleString: 'value',
    exampleNumber: 1,
    exampleBoolean: true,
    exampleObject: { key: 'value' },
    exampleArray: ['item'],
  }),
  /**
   * Its authors marked the folder "tbd". It declares an ID token of the realm `test` as an access token; token
   * validation asks AM about an access token, and AM knows none.
   */
  'not to be introspected': { status: 400, body: { error: 'invalid_request' } },
  ping: { status: 200, body: { status: 'ok' } },
} satisfies Record<string, Answer>;

type Kind = keyof typeof ANSWERS;

const delegation: Kind[] = ['client3', 'am: done', 'am: done'];
const idToken: Kind[] = ['client3', 'am: done', 'am: code', 'am: done', 'am: done', 'introspected ID token'];
const accessToken: Kind[] = ['am: done', 'am: code', 'am: done', 'am: done'];
const byRule: Kind[] = ['client2', 'client3', 'exchanged by rule'];

/** The answer to each request of each collection, in its order. */
export const EXPECTED: Record<Collection, readonly Kind[]> = {
  main: [
    'client1',
    'client3',
    'introspected client1',
    'client3',
    'am: done',
    ...accessToken,
    'introspected AM token',
    'introspected AM token',
    'client3',
    'am: done',
    'introspected AM session',
    ...idToken,
    'introspected ID token',
    'client3',
    'am: done',
    'exchanged session',
    ...delegation,
    'am: done',
    'am: refused',
    'am: done',
    'delegated by AM',
    ...byRule,
    'ping',
    'ping',
    'ping',
  ],
  consul: [
    'client1',
    'client3',
    'introspected client1',
    'client1',
    'client3',
    'introspected client1',
    'client3',
    ...accessToken,
    'introspected AM token',
    'introspected AM token',
    'client3',
    ...accessToken,
    'introspected AM token',
    'introspected AM token',
    'introspected AM token',
    'client3',
    'am: done',
    'introspected AM session',
    'client3',
    'am: done',
    'introspected AM session',
    ...idToken,
    ...idToken,
    'client3',
    'am: done',
    'exchanged session',
    'client3',
    'am: done',
    'exchanged session',
    ...delegation,
    'delegated by AM',
    ...delegation,
    'delegated by AM',
    ...byRule,
    'client3',
    'am: done',
    'am: code',
    'am: done',
    'am: done',
    'not to be introspected',
    'ping',
    'ping',
    'ping',
  ],
};
