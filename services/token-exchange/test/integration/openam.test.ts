import { text } from 'node:stream/consumers';
import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  type LoopbackServer,
  openamServer,
  openamSession,
  pathOf,
  putOpenamTestPolicies,
  startLoopbackServer,
  startRealPart,
} from '@mandate/testing';
import { closeAfterTests } from '../after-tests.js';
import { type ExchangeWorld, IMAGES, issuedClaims, startExchangeWorld } from '../http/exchange-world.js';
import { AM_SESSION, openamPolicyEnv, openamSessionEnv } from '../http/upstream-settings.js';

const real = await startRealPart(openamServer, process.env);
const withOpenam = real === undefined ? describe.skip : describe;

/** A real AM behind a loopback server that counts what is asked. */
async function startCounting(url: string, counts: Map<string, number>): Promise<LoopbackServer> {
  return startLoopbackServer((request, response) => {
    const name = pathOf(request).split('/').at(-1) ?? '';
    counts.set(name, (counts.get(name) ?? 0) + 1);
    void (async () => {
      const ofConnection = new Set(['host', 'connection', 'content-length', 'transfer-encoding', 'keep-alive']);
      const headers = Object.entries(request.headers).filter(([header]) => !ofConnection.has(header));
      const answer = await fetch(new URL(request.url ?? '/', new URL(url).origin), {
        method: 'POST',
        headers: Object.fromEntries(headers) as Record<string, string>,
        body: await text(request),
      });
      response.writeHead(answer.status, { 'content-type': 'application/json' });
      response.end(await answer.text());
    })();
  });
}

withOpenam('exchanges over a real AM', () => {
  const counts = new Map<string, number>();
  let world: ExchangeWorld;
  beforeAll(async () => {
    const url = real?.address ?? '';
    await putOpenamTestPolicies(url, process.env);
    const server = closeAfterTests(await startCounting(url, counts));
    const base = `${server.origin}${new URL(url).pathname}`;
    world = await startExchangeWorld([], {
      ...openamPolicyEnv(base, '/realms/root'),
      ...openamSessionEnv(base),
      EXCHANGE_OPENAM_GRANT_ATTR: 'grant',
      UPSTREAM_TIMEOUT_MS: '20000',
    });
  });

  it('PB-35 one login for 100 exchanges at once', async () => {
    const fields = { resource: `${IMAGES}/`, ...world.actorFields() };
    const start = performance.now();
    const answers = await Promise.all(Array.from({ length: 100 }, () => world.exchange(fields)));
    process.stderr.write(`100 exchanges over a real AM: ${Math.round(performance.now() - start)} ms\n`);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(100);
    expect([counts.get('authenticate'), counts.get('policies')]).toEqual([1, 100]);
    expect(issuedClaims(answers[0]!)).toMatchObject({ sub: 'alice', aud: IMAGES, act: { sub: 'bob' } });
  });

  it('refuses what AM denies, and what no policy of it covers', async () => {
    const denial = await world.exchange({ resource: 'https://closed.example.com/' });
    const unknown = await world.exchange({ resource: 'https://unknown.example.com/' });
    expect([denial, unknown].map(({ body }) => body['error'])).toEqual(['invalid_request', 'invalid_target']);
  });

  it('lets a party act as somebody by an attribute of the policy, whose script saw the origin of the request', async () => {
    const person = (sub: string) => ({ assertion: world.token({ sub }), resource: 'acting' });
    const answer = await world.assert({ ...person('tester'), scope: 'act_as:test1 read' });
    expect(answer).toMatchObject({ status: 200, body: { scope: 'read' } });
    // The attribute says `actAs`, and in which form.
    expect(issuedClaims(answer)).toMatchObject({ sub: 'tester', act_as: { sub: 'test1' }, aud: 'acting' });
    // The same policy, for requests of another origin.
    const others = [
      await world.assert(person('test1')),
      await world.exchange({ subject_token: world.token({ sub: 'test1' }), resource: 'acting' }),
    ];
    expect(others.map(({ status, body }) => [status, body['error']])).toEqual(Array(2).fill([400, 'invalid_target']));
    // A policy that says nothing of it, and an actor who is not listed.
    const unsaid = { ...person('tester'), resource: 'acting-unsaid' };
    const refusals = [
      await world.assert({ ...unsaid, scope: 'act_as:test1' }),
      await world.assert({ ...person('mallory'), scope: 'act_as:test1' }),
    ];
    expect(refusals.map(({ status, body }) => [status, body['error']])).toEqual(
      Array(2).fill([400, 'invalid_request']),
    );
  });

  it('exchanges a session of AM, and none of another realm', async () => {
    const url = real?.address ?? '';
    const fields = { subject_token_type: AM_SESSION, resource: 'sessions' };
    const alice = await world.exchange({ ...fields, subject_token: await openamSession(url, 'alice') });
    expect(issuedClaims(alice)).toMatchObject({ sub: 'alice', aud: 'sessions' });
    const carol = await world.exchange({ ...fields, subject_token: await openamSession(url, 'carol') });
    expect([carol.status, carol.body['error']]).toEqual([400, 'invalid_request']);
  });
});
