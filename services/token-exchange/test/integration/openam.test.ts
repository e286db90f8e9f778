import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type LoopbackServer,
  openamServer,
  openamSession,
  pathOf,
  putOpenamTestPolicies,
  startLoopbackServer,
  startRealPart,
  OPENAM_TEST_POLICY_SET,
} from '@mandate/testing';
import { actorFields, type ExchangeWorld, IMAGES, issuedClaims, startExchangeWorld } from '../http/exchange-world.js';

const real = await startRealPart(openamServer, process.env);
const withOpenam = real === undefined ? describe.skip : describe;

/** A real AM behind a loopback server that counts what is asked. */
async function startCounting(url: string, counts: Map<string, number>): Promise<LoopbackServer> {
  return startLoopbackServer((request, response) => {
    const name = pathOf(request).split('/').at(-1) ?? '';
    counts.set(name, (counts.get(name) ?? 0) + 1);
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
      const ofConnection = new Set(['host', 'connection', 'content-length', 'transfer-encoding', 'keep-alive']);
      const headers = Object.entries(request.headers).filter(([header]) => !ofConnection.has(header));
      const answer = await fetch(new URL(request.url ?? '/', new URL(url).origin), {
        method: 'POST',
        headers: Object.fromEntries(headers) as Record<string, string>,
        body: Buffer.concat(chunks),
      });
      response.writeHead(answer.status, { 'content-type': 'application/json' });
      response.end(await answer.text());
    })();
  });
}

withOpenam('exchanges over a real AM', () => {
  const counts = new Map<string, number>();
  let counting: LoopbackServer;
  let world: ExchangeWorld;
  beforeAll(async () => {
    const url = real?.address ?? '';
    await putOpenamTestPolicies(url, process.env);
    counting = await startCounting(url, counts);
    const base = `${counting.origin}${new URL(url).pathname}`;
    world = await startExchangeWorld([], {
      TOKEN_EXCHANGE_POLICIES: 'openam',
      EXCHANGE_OPENAM_AUTH_URL: `${base}/json/realms/root/authenticate`,
      EXCHANGE_OPENAM_AUTH_SUBJECT_ID: 'policy',
      EXCHANGE_OPENAM_AUTH_SUBJECT_PASSWORD: 'Policy-pass-1',
      EXCHANGE_OPENAM_POLICY_URL: `${base}/json/realms/root/policies`,
      EXCHANGE_OPENAM_POLICY_SET_ID: OPENAM_TEST_POLICY_SET,
      EXCHANGE_OPENAM_GRANT_ATTR: 'grant',
      INTROSPECTION_OPENAM_SESSION_URL: `${base}/json/sessions`,
      UPSTREAM_TIMEOUT_MS: '20000',
    });
  });
  afterAll(async () => {
    await world.close();
    await counting.close();
  });

  it('PB-35 one login for 100 exchanges at once', async () => {
    const fields = { resource: `${IMAGES}/`, ...actorFields(world) };
    const started = performance.now();
    const answers = await Promise.all(Array.from({ length: 100 }, () => world.exchange(fields)));
    process.stderr.write(`100 exchanges over a real AM: ${Math.round(performance.now() - started)} ms\n`);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(100);
    expect([counts.get('authenticate'), counts.get('policies')]).toEqual([1, 100]);
    expect(issuedClaims(answers[0]!)).toMatchObject({ sub: 'alice', aud: IMAGES, act: { sub: 'bob' } });
  });

  it('refuses what AM denies, and what no policy of it covers', async () => {
    const denied = await world.exchange({ resource: 'https://closed.example.com/' });
    const unknown = await world.exchange({ resource: 'https://unknown.example.com/' });
    expect([denied, unknown].map(({ body }) => body['error'])).toEqual(['invalid_request', 'invalid_target']);
  });

  it('lets a party act as somebody by an attribute of the policy, whose script saw the origin of the request', async () => {
    const person = (sub: string) => ({ assertion: world.token({ sub }), resource: 'acting' });
    const acting = await world.assert({ ...person('tester'), scope: 'act_as:test1 read' });
    expect(acting).toMatchObject({ status: 200, body: { scope: 'read' } });
    // The attribute says `actAs`, and in which form.
    expect(issuedClaims(acting)).toMatchObject({ sub: 'tester', act_as: { sub: 'test1' }, aud: 'acting' });
    // The same policy, for requests of another origin.
    const others = [
      await world.assert(person('test1')),
      await world.exchange({ subject_token: world.token({ sub: 'test1' }), resource: 'acting' }),
    ];
    expect(others.map(({ status, body }) => [status, body['error']])).toEqual(Array(2).fill([400, 'invalid_target']));
    // A policy that says nothing of it, and an actor who is not listed.
    const closed = { ...person('tester'), resource: 'acting-unsaid' };
    const refused = [
      await world.assert({ ...closed, scope: 'act_as:test1' }),
      await world.assert({ ...person('mallory'), scope: 'act_as:test1' }),
    ];
    expect(refused.map(({ status, body }) => [status, body['error']])).toEqual(Array(2).fill([400, 'invalid_request']));
  });

  it('exchanges a session of AM, and none of another realm', async () => {
    const url = real?.address ?? '';
    const fields = { subject_token_type: 'urn:mandate:token-type:am-session', resource: 'sessions' };
    const alice = await world.exchange({ ...fields, subject_token: await openamSession(url, 'alice') });
    expect(issuedClaims(alice)).toMatchObject({ sub: 'alice', aud: 'sessions' });
    const carol = await world.exchange({ ...fields, subject_token: await openamSession(url, 'carol') });
    expect([carol.status, carol.body['error']]).toEqual([400, 'invalid_request']);
  });
});
