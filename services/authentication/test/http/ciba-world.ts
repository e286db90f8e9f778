import { randomUUID } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { decodeJwt } from 'jose';
import type { HttpClient } from '@mandate/ports';
import {
  type FixedClock,
  type TestHeader,
  createTestKey,
  fixedClock,
  signTestToken,
  startLoopbackServer,
} from '@mandate/testing';
import {
  type Answer,
  type Authentication,
  ISSUER,
  checkAgainstOpenApi,
  startAuthentication,
} from './start-authentication.js';

export const CIBA = 'urn:openid:params:grant-type:ciba';
export const IMAGES = 'https://images.example.com';
export const CLIENT_KEY = createTestKey('ES256');
/** What bob may do for alice, as an authorization detail. */
export const AGREED = {
  type: 'act_on_behalf',
  actor: { sub: 'bob', iss: 'https://users.example.com' },
  scopes: ['read'],
  locations: [IMAGES],
};

export const cibaClients = (pingUrl = 'https://client.example.com/ping'): object[] => [
  { clientId: 'desk', clientSecret: 'secret', scopes: ['read', 'write'], grantTypes: [CIBA] },
  { clientId: 'desk2', clientSecret: 'secret', scopes: ['read', 'write'], grantTypes: [CIBA] },
  { clientId: 'keeper', clientSecret: 'secret', scopes: ['read', 'write'], grantTypes: [CIBA, 'refresh_token'] },
  {
    clientId: 'pinged',
    clientSecret: 'secret',
    scopes: ['read'],
    grantTypes: [CIBA],
    backchannelTokenDeliveryMode: 'ping',
    backchannelClientNotificationEndpoint: pingUrl,
  },
  {
    clientId: 'signer',
    jwks: { keys: [CLIENT_KEY.publicJwk] },
    clientSecret: 'secret',
    scopes: ['read'],
    grantTypes: [CIBA],
    backchannelAuthenticationRequestSigningAlg: 'ES256',
  },
  { clientId: 'plain', clientSecret: 'secret', scopes: ['read'] },
  { clientId: 'thief', clientSecret: 'secret', grantTypes: ['refresh_token'] },
  { clientId: 'app', clientSecret: 'secret', scopes: ['ciba-decide'], grantTypes: ['client_credentials'] },
  { clientId: 'no-app', clientSecret: 'secret', scopes: ['read'], grantTypes: ['client_credentials'] },
];

export interface CibaWorld extends Authentication {
  clock: FixedClock;
  /** What the operator's app was sent: the JWTs, and what they say. */
  questions: string[];
  /** What the last one says. */
  lastQuestion: () => Record<string, unknown>;
  /** How the app answers from now on. */
  answerWith: (status: number, headers?: Record<string, string>) => void;
  /** Asks alice for `openid`, unless the form says otherwise. */
  ask: (form?: Record<string, string>, client?: string) => Promise<Answer>;
  /** The `auth_req_id` of that, which has to be one. */
  startRequest: (form?: Record<string, string>, client?: string) => Promise<string>;
  /** What the client gets when the person of a request agrees. */
  tokens: (form?: Record<string, string>, client?: string) => Promise<Answer['body']>;
  poll: (authReqId: string, client?: string) => Promise<Answer>;
  /** What a poll comes to: the error code, or `tokens`. */
  pollOutcome: (authReqId: string) => Promise<unknown>;
  /** The audit events of that name. */
  events: (name: string) => Record<string, unknown>[];
  /** Whether the log has this text. */
  hasLogged: (text: string) => boolean;
  decide: (decision: Record<string, unknown>, bearer?: string) => Promise<Answer>;
  /** The person of the last question agrees, or not. */
  answer: (approve?: boolean, members?: Record<string, unknown>) => Promise<Answer>;
  /** A token for a client of ours. */
  tokenOf: (client: string) => Promise<string>;
  /** A signed request of `signer`. */
  signedRequest: (claims?: Record<string, unknown>, header?: TestHeader) => string;
}

export interface CibaWorldOptions {
  clock?: FixedClock;
  clients?: readonly object[];
  http?: HttpClient;
}

/** The service with the operator's app as its channel. Time stands still until told otherwise. */
export async function startCibaWorld(
  env: Record<string, string> = {},
  { clock = fixedClock(), clients = cibaClients(), http }: CibaWorldOptions = {},
): Promise<CibaWorld> {
  const questions: string[] = [];
  let reply: { status: number; headers: Record<string, string> } = { status: 202, headers: {} };
  const app = await startLoopbackServer((request, response) => {
    void text(request).then((body) => {
      questions.push(body);
      response.writeHead(reply.status, reply.headers).end();
    });
  });
  const service = await startAuthentication(
    { CIBA_CHANNEL: 'webhook', CIBA_WEBHOOK_URL: `${app.origin}/ask`, ...env },
    { clock, clients, ...(http && { http }) },
  );
  const tokenOf = async (client: string): Promise<string> => {
    const { body } = await service.post({ grant_type: 'client_credentials' }, { basic: `${client}:secret` });
    return String(body['access_token']);
  };
  const ask: CibaWorld['ask'] = (form = {}, client = 'desk') => {
    const usual = { scope: 'openid', ...(hasHint(form) ? {} : { login_hint: 'alice' }) };
    return service.post({ ...usual, ...form }, { path: '/service/bc-authorize', basic: `${client}:secret` });
  };
  const poll: CibaWorld['poll'] = (authReqId, client = 'desk') =>
    service.post({ grant_type: CIBA, auth_req_id: authReqId }, { basic: `${client}:secret` });
  const decide: CibaWorld['decide'] = async (decision, bearer) => {
    const authorization = `Bearer ${bearer ?? (await tokenOf('app'))}`;
    return postJson(service.publicUrl, decision, authorization);
  };
  const startRequest: CibaWorld['startRequest'] = async (form, client) =>
    String((await ask(form, client)).body['auth_req_id']);
  const lastQuestion = (): Record<string, unknown> => decodeJwt(questions.at(-1) ?? '');
  const answer: CibaWorld['answer'] = (approve = true, members = {}) => {
    const { request, sub } = lastQuestion();
    return decide({ request, sub, approve, ...members });
  };
  return {
    ...service,
    clock,
    questions,
    lastQuestion,
    answerWith: (status, headers = {}) => void (reply = { status, headers }),
    ask,
    startRequest,
    tokens: async (form, client) => {
      const authReqId = await startRequest(form, client);
      await answer();
      return (await poll(authReqId, client)).body;
    },
    poll,
    pollOutcome: async (authReqId) => {
      const { status, body } = await poll(authReqId);
      return status === 200 ? 'tokens' : body['error'];
    },
    events: (name) =>
      service.logLines.map((line) => JSON.parse(line) as Record<string, unknown>).filter(({ event }) => event === name),
    hasLogged: (text) => service.logLines.join('').includes(text),
    decide,
    answer,
    tokenOf,
    signedRequest: (claims = {}, header = {}) => {
      const now = clock();
      const usual = { iss: 'signer', aud: ISSUER, jti: randomUUID(), iat: now, nbf: now, exp: now + 300 };
      const asking = { scope: 'openid', login_hint: 'alice', binding_message: 'W-4711' };
      return signTestToken(CLIENT_KEY, { ...usual, ...asking, ...claims }, { typ: 'JWT', ...header });
    },
    async stop() {
      await service.stop();
      await app.close();
    },
  };
}

function hasHint(form: Record<string, string>): boolean {
  return ['login_hint', 'login_hint_token', 'id_token_hint', 'request'].some((name) => name in form);
}

async function postJson(base: string, body: object, authorization: string): Promise<Answer> {
  const path = '/service/bc-decision';
  const headers = { 'Content-Type': 'application/json', Authorization: authorization };
  const response = await fetch(base + path, { method: 'POST', headers, body: JSON.stringify(body) });
  const responseText = await response.text();
  const answerBody = responseText === '' ? {} : (JSON.parse(responseText) as Record<string, unknown>);
  checkAgainstOpenApi(`POST ${path}`, response, responseText === '' ? '' : answerBody);
  return { status: response.status, headers: response.headers, body: answerBody };
}
