import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestKey, openApiDocument, signTestToken } from '@mandate/testing';
import { parse } from 'yaml';
import { exchangeForm, postForm } from '../end-to-end/post-form.js';
import { DOWN, RESOURCE, SECRET, startTrio, type World } from '../end-to-end/worlds.js';

/**
 * Real answers of the three services, held against their `openapi.yaml`: success and every error it documents, except
 * 500, which a service answers only to its own mistakes, and 503 of authentication, whose only dependency is a queue.
 */
const SERVICES = {
  authentication: 'authentication',
  tokenValidation: 'token-validation',
  tokenExchange: 'token-exchange',
};
type ServiceKey = keyof typeof SERVICES;
const pathOf = (service: ServiceKey) =>
  resolve(import.meta.dirname, '../../services', SERVICES[service], 'openapi.yaml');

let world: World;
let tokens: { alice: string; bob: string; dave: string; down: string };
beforeAll(async () => {
  world = await startTrio(() => ({ RATE_LIMIT_FAILURES: '3/60000' }));
  const tokenOf = async (client: string) => {
    const form = { grant_type: 'client_credentials', client_id: client, client_secret: SECRET };
    return String((await postForm(`${world.authentication}/oauth2/token`, form)).body['access_token']);
  };
  const down = signTestToken(createTestKey('ES256'), { iss: DOWN, sub: 'alice', exp: 4_000_000_000 });
  tokens = { alice: await tokenOf('alice'), bob: await tokenOf('bob'), dave: await tokenOf('dave'), down };
  for (let turn = 0; turn < 3; turn += 1) {
    await send(`${world.authentication}/oauth2/token`, wrongSecret(grant));
    await send(`${world.tokenValidation}/oauth2/introspect`, wrongSecret());
    await send(`${world.tokenExchange}/oauth2/token`, wrongSecret(exchangeOf('alice')));
  }
});
afterAll(() => world.stop());

interface Sent {
  form?: () => Record<string, string>;
  /** Whose token is sent as bearer, if any. Default: bob's. */
  caller?: 'bob' | 'dave' | 'down' | 'nobody';
  contentType?: string;
}

const guess = { client_id: 'guessed', client_secret: 'wrong' };
/** What is one guess too many, when three were made. */
const wrongSecret = (form: () => Record<string, string> = () => ({})): Sent => ({
  form: () => ({ ...form(), ...guess }),
  caller: 'nobody',
});
const large: Sent = { form: () => ({ x: 'x'.repeat(70_000) }) };
const json: Sent = { contentType: 'application/json' };
const noCredentials: Sent = { caller: 'nobody' };
const targeted = { resource: RESOURCE, scope: 'read' };
const exchangeOf = (subject: 'alice' | 'down') => () =>
  exchangeForm({ subject: tokens[subject], actor: tokens.bob }, targeted);
const wrongScope: Sent = { caller: 'dave' };

const grant = () => ({ grant_type: 'client_credentials', client_id: 'bob', client_secret: SECRET });
const issue: [status: number, Sent][] = [
  [200, { form: grant, caller: 'nobody' }],
  [400, { form: () => ({ ...grant(), scope: 'admin' }), caller: 'nobody' }],
  [401, { form: () => ({ ...grant(), client_secret: 'wrong' }), caller: 'nobody' }],
  [413, large],
  [415, json],
  [429, wrongSecret(grant)],
];
/** Of introspection and revocation alike. */
const refusals: [status: number, Sent][] = [
  [401, noCredentials],
  [403, wrongScope],
  [413, large],
  [415, json],
  [429, wrongSecret()],
  [503, { form: () => ({ token: tokens.down }) }],
];
const introspect: [status: number, Sent][] = [
  [200, { form: () => ({ token: tokens.alice }) }],
  [200, { form: () => ({ token: 'none' }) }],
  [400, {}],
  ...refusals,
];
const revoke: [status: number, Sent][] = [
  [200, { form: () => ({ token: 'none' }) }],
  [400, { form: () => ({ token: tokens.alice }) }],
  ...refusals,
];
const exchange: [status: number, Sent][] = [
  [200, { form: exchangeOf('alice') }],
  [400, { form: () => ({ ...exchangeOf('alice')(), scope: 'admin' }) }],
  [401, { ...noCredentials, form: exchangeOf('alice') }],
  [403, { ...wrongScope, form: exchangeOf('alice') }],
  [413, large],
  [415, json],
  [429, wrongSecret(exchangeOf('alice'))],
  [503, { form: exchangeOf('down') }],
];
const explain: [status: number, Sent][] = [
  [200, { form: exchangeOf('alice') }],
  [200, { form: () => ({ ...exchangeOf('alice')(), scope: 'admin' }) }],
  [200, { form: exchangeOf('down') }],
  [400, {}],
  [401, noCredentials],
  [403, wrongScope],
  [413, large],
  [415, json],
  [429, wrongSecret(exchangeOf('alice'))],
  [503, { caller: 'down' }],
];

const rows: [service: ServiceKey, path: string, answers: [status: number, Sent][]][] = [
  ['authentication', '/service/access_token', issue],
  ['authentication', '/oauth2/token', issue],
  ['tokenValidation', '/service/introspect', introspect],
  ['tokenValidation', '/oauth2/introspect', introspect],
  ['tokenValidation', '/service/revoke', revoke],
  ['tokenValidation', '/oauth2/revoke', revoke],
  ['tokenExchange', '/service/tokensts', exchange],
  ['tokenExchange', '/oauth2/token', exchange],
  ['tokenExchange', '/service/explain', explain],
];

function send(url: string, { form = () => ({}), caller = 'bob', contentType }: Sent): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: {
      'Content-Type': contentType ?? 'application/x-www-form-urlencoded',
      ...(caller !== 'nobody' && { authorization: `Bearer ${tokens[caller]}` }),
    },
    body: contentType === undefined ? new URLSearchParams(form()).toString() : '{}',
  });
}

function documentedStatuses(service: ServiceKey, path: string): number[] {
  const document = parse(readFileSync(pathOf(service), 'utf8')) as {
    paths: Record<string, { post?: { responses: Record<string, unknown> } }>;
  };
  const statuses = Object.keys(document.paths[path]?.post?.responses ?? {}).map(Number);
  return statuses.filter((status) => status !== 500 && !(status === 503 && service === 'authentication'));
}

describe('openapi.yaml', () => {
  it.each(rows)('of %s describes every answer of %s, and no other', async (service, path, answers) => {
    const document = openApiDocument(pathOf(service));
    for (const [status, request] of answers) {
      const response = await send(world[service] + path, request);
      expect(response.status).toBe(status);
      const text = await response.text();
      const body: unknown = text === '' ? '' : JSON.parse(text);
      const contentType = response.headers.get('content-type');
      expect(document.problemsOf({ method: 'POST', path, status, contentType, body })).toEqual([]);
    }
    expect([...new Set(answers.map(([status]) => status))]).toEqual(documentedStatuses(service, path));
  });

  it.each(Object.keys(SERVICES) as ServiceKey[])('of %s describes its metadata and keys', async (service) => {
    const metadata = ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration'];
    for (const path of [...metadata, '/.well-known/jwks.json']) {
      const { status, headers, ...response } = await fetch(world[service] + path).then(async (answer) => ({
        status: answer.status,
        headers: answer.headers,
        body: await answer.json(),
      }));
      const fields = { method: 'GET', path, status, contentType: headers.get('content-type'), ...response };
      expect(openApiDocument(pathOf(service)).problemsOf(fields)).toEqual([]);
    }
  });

  it('finds what is not described', () => {
    const document = openApiDocument(pathOf('tokenExchange'));
    const answer = { method: 'POST', path: '/oauth2/token', contentType: 'application/json; charset=utf-8' };
    const body = { error: 'invalid_request', error_description: 'No' };
    expect(document.problemsOf({ ...answer, status: 400, body })).toEqual([]);
    expect(document.problemsOf({ ...answer, status: 400, body: { ...body, token: 'x' } })).toHaveLength(1);
    expect(document.problemsOf({ ...answer, status: 400, body: { ...body, error: 'other' } })).toHaveLength(1);
    expect(document.problemsOf({ ...answer, status: 418, body })).toHaveLength(1);
  });
});
