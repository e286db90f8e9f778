import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { pathOf, startLoopbackServer } from '../http/loopback-server.js';
import { type JudgedSubject, evaluatePolicies } from './evaluate-policies.js';
import { OPENAM_TEST_POLICIES, OPENAM_TEST_POLICY_SET } from './openam-policies.js';

/** One request that the stand-in had. */
export interface OpenamRequest {
  path: string;
  action: string | null;
  headers: IncomingMessage['headers'];
  body: string;
}

/** AM as far as the services call it, on loopback, behaving as docs/openam.md says. */
export interface OpenamStandIn {
  /** With the context path `/openam`. */
  url: string;
  requests: OpenamRequest[];
  /** A live session of somebody. */
  startSession: (uid: string, realm?: string) => string;
  endSession: (token: string) => void;
  endAllSessions: () => void;
  /** Makes an opaque access token active. */
  addAccessToken: (token: string, answer: object) => void;
  removeAccessToken: (token: string) => void;
  /** Makes an ID token good. */
  addIdToken: (token: string, claims: object) => void;
  /** Answers one endpoint in another way (`authenticate`, `evaluate`, `validate`, ...), until `undefined` is given. */
  answer: (endpoint: string, listener: RequestListener | undefined) => void;
  /** Sessions by the body, as AM 5.5 and later; else by the header. */
  sessionApi: (form: 'header' | 'body') => void;
  close: () => Promise<void>;
}

interface State {
  sessions: Map<string, { uid: string; realm: string }>;
  accessTokens: Map<string, object>;
  idTokens: Map<string, object>;
  form: 'header' | 'body';
  startSession: OpenamStandIn['startSession'];
}

type Answer = [status: number, body: string | object];
type Endpoint = (request: OpenamRequest, state: State) => Answer;

const COOKIE = 'iplanetdirectorypro';
const PASSWORDS: ReadonlyMap<string, string> = new Map([
  ...['policy', 'plain', 'alice', 'bob'].map((uid): [string, string] => [
    uid,
    `${uid.charAt(0).toUpperCase()}${uid.slice(1)}-pass-1`,
  ]),
  ['umlaut', 'päss-wörd-€-1'],
]);
const UNAUTHORIZED: Answer = [401, { code: 401, reason: 'Unauthorized', message: 'Access Denied' }];

const ENDPOINTS: ReadonlyMap<string, Endpoint> = new Map([
  ['authenticate', authenticate],
  ['evaluate', evaluate],
  ['validate', validate],
  ['getTimeLeft', getTimeLeft],
  ['introspect', introspect],
  ['idtokeninfo', idTokenInfo],
]);

/** Starts a stand-in that holds {@link OPENAM_TEST_POLICIES} and the accounts of the seeded AM. */
export async function startOpenamStandIn(): Promise<OpenamStandIn> {
  const requests: OpenamRequest[] = [];
  const answers = new Map<string, RequestListener>();
  let count = 0;
  const startSession: State['startSession'] = (uid, realm = '/') => {
    const token = `AQIC5w-${++count}.*AAJTSQACMDEAAlNL*`;
    state.sessions.set(token, { uid, realm });
    return token;
  };
  const state: State = {
    sessions: new Map(),
    accessTokens: new Map(),
    idTokens: new Map(),
    form: 'header',
    startSession,
  };
  const server = await startLoopbackServer((request, response) => {
    void readRequest(request).then((record) => {
      requests.push(record);
      const name = record.action ?? record.path.split('/').at(-1) ?? '';
      const override = answers.get(name);
      if (override === undefined) respond(response, ENDPOINTS.get(name)?.(record, state) ?? [404, '']);
      else override(request, response);
    });
  });
  return {
    url: `${server.origin}/openam`,
    requests,
    startSession,
    endSession: (token) => void state.sessions.delete(token),
    endAllSessions: () => state.sessions.clear(),
    addAccessToken: (token, answer) => void state.accessTokens.set(token, answer),
    removeAccessToken: (token) => void state.accessTokens.delete(token),
    addIdToken: (token, claims) => void state.idTokens.set(token, claims),
    answer: (endpoint, listener) => {
      if (listener === undefined) answers.delete(endpoint);
      else answers.set(endpoint, listener);
    },
    sessionApi: (form) => void (state.form = form),
    close: () => server.close(),
  };
}

async function readRequest(request: IncomingMessage): Promise<OpenamRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const action = new URL(request.url ?? '/', 'http://x').searchParams.get('_action');
  return { path: pathOf(request), action, headers: request.headers, body: Buffer.concat(chunks).toString('utf8') };
}

function respond(response: ServerResponse, [status, body]: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

/** Any member in the body makes AM ignore the credentials; missing ones are asked for, with status 200. */
function authenticate({ headers, body, path }: OpenamRequest, { startSession }: State): Answer {
  if (headers['accept-api-version'] !== 'resource=2.0, protocol=1.0' || !['', '{}'].includes(body)) return UNAUTHORIZED;
  const [uid, password] = [headers['x-openam-username'], headers['x-openam-password']].map(decodeHeader);
  if (uid === '' || password === '') return [200, { authId: 'x', callbacks: [] }];
  if (PASSWORDS.get(uid ?? '') !== password) return UNAUTHORIZED;
  const realm = path.includes('/realms/short/') ? '/short' : '/';
  return [200, { tokenId: startSession(uid ?? '', realm), successUrl: '/openam/console', realm }];
}

function decodeHeader(value: string | string[] | undefined): string {
  const text = Array.isArray(value) ? (value[0] ?? '') : (value ?? '');
  const base64Text = /^=\?UTF-8\?B\?(.*)\?=$/.exec(text)?.[1];
  return base64Text === undefined ? text : Buffer.from(base64Text, 'base64').toString('utf8');
}

function evaluate({ headers, body }: OpenamRequest, { sessions }: State): Answer {
  const caller = sessions.get(String(headers[COOKIE]));
  if (caller === undefined) return UNAUTHORIZED;
  if (caller.uid !== 'policy') return [403, { code: 403, reason: 'Forbidden', message: 'Forbidden' }];
  const question = JSON.parse(body) as Record<string, unknown>;
  if (question['application'] !== OPENAM_TEST_POLICY_SET) return [404, { code: 404, reason: 'Not Found' }];
  const { resources, environment = {} } = question;
  const texts = (value: unknown): value is string[] =>
    Array.isArray(value) && value.every((item) => typeof item === 'string');
  const isEnvironment = (value: unknown): value is Record<string, string[]> =>
    typeof value === 'object' && value !== null && Object.values(value).every(texts);
  if (!texts(resources) || !isEnvironment(environment)) return [500, ''];
  const subject = subjectOf(question['subject'] ?? {}, sessions, caller);
  if (typeof subject === 'number') return [subject, subject === 500 ? '' : { code: 400, reason: 'Bad Request' }];
  const decisions = [...new Set(resources)].map((resource) =>
    evaluatePolicies(OPENAM_TEST_POLICIES, resource, { subject, environment }),
  );
  return [200, `[${decisions.reverse().join(',')}]`];
}

interface PresentedSubject {
  ssoToken?: string;
  claims?: Record<string, unknown>;
  jwt?: string;
}

/** A status, where AM does not judge the subject at all. */
function subjectOf(
  { ssoToken, claims, jwt }: PresentedSubject,
  sessions: State['sessions'],
  caller: { uid: string },
): JudgedSubject | number {
  if (ssoToken !== undefined) return sessions.get(ssoToken) ?? 400;
  if (claims !== undefined) return checkClaims(claims, []);
  return jwt === undefined ? caller : readJwt(jwt);
}

/** Nothing of a JWT is verified, but its header must be a plain one. */
function readJwt(jwt: string): JudgedSubject | number {
  const [header, claims] = jwt.split('.', 2).map(readPart);
  if (header === undefined || claims === undefined) return 400;
  const isPlain = ['JWT', 'jwt', undefined].some((typ) => header['typ'] === typ) && header['cty'] === undefined;
  if (!isPlain) return 400;
  if (header['jwk'] !== undefined || header['x5c'] !== undefined) return 500;
  return checkClaims(claims, ['exp', 'nbf', 'iat']);
}

function readPart(part: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

function checkClaims(claims: Record<string, unknown>, times: readonly string[]): JudgedSubject | number {
  if (typeof claims['sub'] !== 'string') return 500;
  return times.every((name) => ['number', 'undefined'].includes(typeof claims[name])) ? { claims } : 500;
}

/** At version 1.x a body is ignored and the caller's own session is judged; at 3.0 the body counts (5.5 and later). */
function validate({ headers, body }: OpenamRequest, { sessions, form }: State): Answer {
  const caller = sessions.get(String(headers[COOKIE]));
  const version = headers['accept-api-version'];
  if (form === 'header') {
    // The part between the asterisks is unpacked, and what cannot be is an error of the server.
    if (/\*(?!AAJTSQACMDEAAlNL).*\*$/.test(String(headers[COOKIE]))) return [500, ''];
    if (version !== 'resource=1.1') return version === 'resource=3.0' ? [404, ''] : [501, { code: 501 }];
    return [200, caller === undefined ? { valid: false } : { valid: true, ...caller }];
  }
  if (version !== 'resource=3.0' || caller === undefined) return UNAUTHORIZED;
  const session = sessions.get(String((JSON.parse(body) as Record<string, unknown>)['tokenId']));
  return [200, session === undefined ? { valid: false } : { valid: true, sessionUid: `s-${session.uid}`, ...session }];
}

function getTimeLeft({ headers }: OpenamRequest, { sessions }: State): Answer {
  return sessions.has(String(headers[COOKIE])) ? [200, { maxtime: 7198 }] : UNAUTHORIZED;
}

const SERVER_ERROR: Answer = [400, { error_description: 'Internal Server Error (500)', error: 'server_error' }];

function introspect({ headers, body }: OpenamRequest, { accessTokens }: State): Answer {
  if (headers.authorization !== `Basic ${Buffer.from('client1:client1-secret').toString('base64')}`) {
    return [401, { error_description: 'Client authentication failed', error: 'invalid_client' }];
  }
  const token = new URLSearchParams(body).get('token');
  if (token === null) return SERVER_ERROR;
  const answer = accessTokens.get(token);
  if (answer === undefined && /^ey[\w-]+\.[\w-]+\.[\w-]*$/.test(token)) return SERVER_ERROR;
  return [200, { ...answer, active: answer !== undefined }];
}

function idTokenInfo({ body }: OpenamRequest, { idTokens }: State): Answer {
  const claims = idTokens.get(new URLSearchParams(body).get('id_token') ?? '');
  return claims === undefined ? SERVER_ERROR : [200, claims];
}

/**
 * What AM 16 takes for one stateless session, a JWT: whatever stands before its last `*`, and bits of base64url that no
 * byte has.
 */
export function spellingsOfSession(jwt: string): string[] {
  const session = `*AAJTSQACMDEAAlMxAAA.*${jwt}`;
  return [session, `AQIC5w${session}`, `*AAJTSQACMDEAAlMxAAB.*${jwt}`, `*${jwt}`, `*${jwt.replace(/A$/, 'B')}`];
}
