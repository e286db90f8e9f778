import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type IncomingMessage, type RequestListener } from 'node:http';
import {
  createTestKey,
  type LoopbackServer,
  signTestToken,
  startLoopbackServer,
  TEST_START,
  until,
} from '@mandate/testing';
import { decodeJwt } from 'jose';
import { type Authentication, GRANT, startAuthentication } from './start-authentication.js';

interface ExchangeRequest {
  authorization: string | undefined;
  form: URLSearchParams;
}

let answer: RequestListener;
let requests: ExchangeRequest[] = [];
let tokenExchange: LoopbackServer;
let authentication: Authentication;
const issuedToken = signTestToken(createTestKey('ES256'), { iss: 'x', sub: 'test1', exp: TEST_START + 60, jti: 'j' });
const tokenResponse = {
  access_token: issuedToken,
  issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
  token_type: 'Bearer',
  expires_in: 60,
  scope: 'read',
};

const exchangeUrl = () => `${tokenExchange.origin}/oauth2/token`;

beforeAll(async () => {
  tokenExchange = await startLoopbackServer((request, response) => {
    void bodyOf(request).then((text) => {
      requests.push({ authorization: request.headers.authorization, form: new URLSearchParams(text) });
      answer(request, response);
    });
  });
  authentication = await startAuthentication({ ACT_AS_EXCHANGE_URL: exchangeUrl() });
});
afterEach(() => {
  requests = [];
});
afterAll(async () => {
  await authentication.stop();
  await tokenExchange.close();
});

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

/** token-exchange answers this. */
function answers(status: number, body: unknown, headers: Record<string, string> = {}): void {
  answer = (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
}

const actAs = (form: Record<string, string> = {}) =>
  authentication.post({ ...GRANT, scope: 'act_as:test1 read', ...form }, { basic: 'c-any:secret' });

describe('client credentials with somebody to act as', () => {
  it('go to token-exchange with a token that is good for the client alone and for nothing but to ask', async () => {
    answers(200, tokenResponse);
    const { status, body } = await actAs({ resource: 'https://app.example.com' });
    expect({ status, body }).toEqual({ status: 200, body: tokenResponse });
    const [request, ...others] = requests;
    expect(others).toEqual([]);
    const token = String(request?.form.get('assertion'));
    expect(request?.authorization).toBe(`Bearer ${token}`);
    expect(Object.fromEntries(request?.form ?? [])).toEqual({
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion: token,
      scope: 'act_as:test1 read',
      resource: 'https://app.example.com',
    });
    expect(decodeJwt(token)).toMatchObject({ sub: 'c-any', aud: 'c-any', client_id: 'c-any', scope: 'exchange' });
  });

  it('may come with the scope in the query string (IMS)', async () => {
    answers(200, tokenResponse);
    const path = '/service/access_token?scope=act_as:test1';
    const { status } = await authentication.post(GRANT, { path, basic: 'c-any:secret' });
    expect(status).toBe(200);
    expect(requests[0]?.form.get('scope')).toBe('act_as:test1');
  });

  it.each(['invalid_request', 'invalid_grant', 'invalid_scope', 'invalid_target', 'unauthorized_client'])(
    'hand on %s as token-exchange says it',
    async (error) => {
      answers(400, { error, error_description: 'No (really)' });
      expect(await actAs()).toMatchObject({ status: 400, body: { error, error_description: 'No (really)' } });
    },
  );

  it.each<[string, Parameters<typeof answers>]>([
    ['a caller that is not accepted there', [401, { error: 'invalid_token', error_description: 'No' }]],
    ['a scope that is missing there', [403, { error: 'insufficient_scope', error_description: 'No' }]],
    ['an error of its own', [500, { error: 'server_error', error_description: 'No' }]],
    ['a dependency of its own that is down', [503, { error: 'temporarily_unavailable' }]],
    ['a limit', [429, { error: 'temporarily_unavailable' }]],
    ['an unknown error', [400, { error: 'access_token=secret' }]],
    ['a redirect', [302, '', { location: 'http://127.0.0.1:1/' }]],
    ['no JSON', [200, '<html>']],
    ['no token', [200, { token_type: 'Bearer', expires_in: 60 }]],
    ['a lifetime that is none', [200, { ...tokenResponse, expires_in: -1 }]],
    ['scopes that are none', [200, { ...tokenResponse, scope: 'read "write"' }]],
    ['256 KiB', [200, { ...tokenResponse, more: 'x'.repeat(262_144) }]],
  ])('are 503 for %s', async (_name, reply) => {
    const other = await startAuthentication({
      ACT_AS_EXCHANGE_URL: exchangeUrl(),
    });
    answers(...reply);
    const form = { ...GRANT, scope: 'act_as:test1' };
    const refusal = await other.post(form, { basic: 'c-any:secret' });
    expect(refusal).toMatchObject({ status: 503, body: { error: 'temporarily_unavailable' } });
    expect(refusal.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(other.logLines.join('')).not.toMatch(/eyJ[\w-]*\.|access_token=secret/);
    await other.stop();
  });

  it('are 503 while token-exchange hangs, and when it is not there', async () => {
    answer = () => undefined;
    const hasty = await startAuthentication({ ACT_AS_EXCHANGE_URL: exchangeUrl(), UPSTREAM_TIMEOUT_MS: '300' });
    const hung = await hasty.post({ ...GRANT, scope: 'act_as:test1' }, { basic: 'c-any:secret' });
    expect(hung).toMatchObject({ status: 503, body: { error: 'temporarily_unavailable' } });
    await hasty.stop();
    const nowhere = await startAuthentication({ ACT_AS_EXCHANGE_URL: 'http://127.0.0.1:1/oauth2/token' });
    expect(await nowhere.post({ ...GRANT, scope: 'act_as:x' }, { basic: 'c-any:secret' })).toMatchObject({
      status: 503,
    });
    expect((await nowhere.post({ ...GRANT, scope: 'read' }, { basic: 'c-any:secret' })).status).toBe(200);
    await nowhere.stop();
  });

  it('never make the service unready, whatever token-exchange does: /readyz names it', async () => {
    const nowhere = await startAuthentication({ ACT_AS_EXCHANGE_URL: 'http://127.0.0.1:1/oauth2/token' });
    const ready = async () => {
      const response = await fetch(`${nowhere.managementUrl}/readyz?verbose`);
      return { status: response.status, text: await response.text() };
    };
    expect(await ready()).toMatchObject({ status: 200, text: expect.stringContaining('token-exchange') });
    await until(async () => {
      await nowhere.post({ ...GRANT, scope: 'act_as:x' }, { basic: 'c-any:secret' });
      return (await ready()).text.includes('circuit open');
    });
    expect((await ready()).status).toBe(200);
    await nowhere.stop();
  });

  it('ask nobody where the client is not authenticated', async () => {
    answers(200, tokenResponse);
    expect((await authentication.post({ ...GRANT, scope: 'act_as:x' }, { basic: 'c-any:wrong' })).status).toBe(401);
    expect(requests).toEqual([]);
  });

  const wanting = (value: unknown) => JSON.stringify({ access_token: { act_as: value } });

  it.each<[string, Record<string, string>]>([
    ['an empty name', { scope: 'act_as:' }],
    ['a name twice', { scope: 'act_as:test1 act_as:test1' }],
    ['two names', { scope: 'act_as:test1 act_as:test2' }],
    ['a name by scope and one by claims', { claims: wanting({ value: 'test1' }) }],
    ['claims that are no JSON', { scope: '', claims: '{' }],
    ['claims of 20 KB', { scope: '', claims: wanting({ value: 'test1', x: 'x'.repeat(20_000) }) }],
    ['claims nested 200 deep', { scope: '', claims: `{"a":${'['.repeat(200)}${']'.repeat(200)}}` }],
    ['an act_as without a value', { scope: '', claims: wanting({}) }],
  ])('ask nobody, and are invalid_request, with %s', async (_what, form) => {
    answers(200, tokenResponse);
    expect(await actAs(form)).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    expect(requests).toEqual([]);
  });

  it('leave a prefix that is not registered to the scopes of the client', async () => {
    answers(200, tokenResponse);
    expect(await actAs({ scope: 'impersonate:test1' })).toMatchObject({
      status: 400,
      body: { error: 'invalid_scope' },
    });
    expect(requests).toEqual([]);
  });

  it('are invalid_scope where ACT_AS_EXCHANGE_URL is not set, by scope and by claims', async () => {
    const other = await startAuthentication();
    for (const form of [{ scope: 'act_as:x' }, { claims: '{"access_token":{"act_as":{"value":"x"}}}' }]) {
      const refusal = await other.post({ ...GRANT, ...form }, { basic: 'c-any:secret' });
      expect(refusal).toMatchObject({ status: 400, body: { error: 'invalid_scope' } });
    }
    await other.stop();
  });
});
