import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import { UpstreamError } from '@mandate/ports';
import { TEST_START, startLoopbackServer, until } from '@mandate/testing';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { type CibaWorld, startCibaWorld } from './ciba-world.js';
import { FORM, ISSUER, outcome } from './start-authentication.js';

let world: CibaWorld;
afterEach(() => world.stop());

const linesWith = (text: string) => world.logLines.filter((line) => line.includes(text)).length;

const UNAVAILABLE = [503, 'temporarily_unavailable'];

describe('the webhook', () => {
  it('is sent a JWT of ours that says who is asked what, for it alone, until the request expires', async () => {
    world = await startCibaWorld();
    await world.ask({ binding_message: 'W-4711', acr_values: 'high', requested_expiry: '60' });
    const [question = ''] = world.questions;
    const { payload } = await jwtVerify(question, createLocalJWKSet({ keys: [world.key.publicJwk] }), {
      issuer: ISSUER,
      currentDate: new Date(TEST_START * 1000),
    });
    expect(decodeProtectedHeader(question)).toEqual({ alg: 'ES256', kid: world.key.kid, typ: 'ciba-question+jwt' });
    expect(payload).toEqual({
      iss: ISSUER,
      aud: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/ask$/),
      iat: TEST_START,
      exp: TEST_START + 60,
      jti: payload['request'],
      request: expect.stringMatching(/^[\w-]{22}$/),
      sub: 'alice',
      client_id: 'desk',
      scope: 'openid',
      binding_message: 'W-4711',
      acr_values: 'high',
    });
  });

  it('is never told what the client polls with, nor is the client told what the webhook answers by', async () => {
    world = await startCibaWorld();
    const { body } = await world.ask();
    expect(world.questions.join('')).not.toContain(String(body['auth_req_id']));
    expect(JSON.stringify(body)).not.toContain(String(world.lastQuestion()['request']));
  });

  it.each([
    ['500', 500, {}],
    ['404', 404, {}],
    ['a redirect', 302, { Location: 'https://elsewhere.example.com/' }],
    ['a redirect to itself', 307, { Location: '/ask' }],
  ])(
    'P8 that answers %s is 503, and nothing is kept: the person may be asked as often as before',
    async (_name, status, headers) => {
      world = await startCibaWorld({ CIBA_MAX_OPEN_REQUESTS: '1' });
      world.answerWith(status, headers);
      for (let times = 0; times < 3; times++) expect(outcome(await world.ask())).toEqual(UNAVAILABLE);
      expect(world.questions).toHaveLength(3);
      const { request } = world.lastQuestion();
      expect(outcome(await world.decide({ request, sub: 'alice', approve: true }))).toEqual([404, 'invalid_request']);
      world.answerWith(202);
      expect(outcome(await world.ask())).toEqual([200, undefined]);
    },
  );

  it('P8 that is not there is 503, and after some failures it is left alone', async () => {
    world = await startCibaWorld({ CIBA_WEBHOOK_URL: 'http://127.0.0.1:1/ask' });
    for (let times = 0; times < 6; times++) expect(outcome(await world.ask())).toEqual(UNAVAILABLE);
    const metrics = await world.metricsText();
    expect(metrics).toContain('upstream_circuit_open{upstream="device:webhook"} 1');
    const ready = await fetch(`${world.managementUrl}/readyz?verbose`);
    expect(ready.status).toBe(200);
    expect(JSON.stringify(await ready.json())).toContain('circuit open');
  });

  it('P2 that has a question has asked it, whether its client hangs up or not: one who does asks no more often', async () => {
    const held: ServerResponse[] = [];
    const app = await startLoopbackServer((_request, response) => void held.push(response));
    world = await startCibaWorld({ CIBA_MAX_OPEN_REQUESTS: '3', CIBA_WEBHOOK_URL: `${app.origin}/ask` });
    for (const asked of [1, 2]) {
      const hangUp = new AbortController();
      const answer = fetch(`${world.publicUrl}/service/bc-authorize`, {
        method: 'POST',
        headers: { 'Content-Type': FORM, Authorization: `Basic ${btoa('desk:secret')}` },
        body: 'scope=openid&login_hint=alice',
        signal: hangUp.signal,
      });
      const aborted = expect(answer).rejects.toThrow();
      await until(() => held.length === asked);
      hangUp.abort();
      await aborted;
      await until(() => linesWith('request aborted') === asked);
    }
    expect(outcome(await world.ask())).toEqual([429, 'slow_down']);
    held.forEach((response) => response.writeHead(202).end());
    expect(outcome(await world.ask())).toEqual([429, 'slow_down']);
    expect(held).toHaveLength(2);
    await app.close();
  });

  it('that never answers is 503 at the deadline of one call', async () => {
    const timeouts: unknown[] = [];
    const send = ({ timeoutMs }: { timeoutMs?: number }) => {
      timeouts.push(timeoutMs);
      return Promise.reject(new UpstreamError('webhook', 'timeout'));
    };
    world = await startCibaWorld({ UPSTREAM_TIMEOUT_MS: '777' }, { http: { send } });
    expect(outcome(await world.ask())).toEqual(UNAVAILABLE);
    expect(timeouts).toEqual([777]);
  });
});
