import { describe, expect, it } from '@jest/globals';
import { startOpenamStandIn } from '@mandate/testing';
import { closeAfterTests, temporaryServer } from '../after-tests.js';
import { type Answer, IMAGES, imagesRule, JWT, RESOLVER, startExchangeWorld } from './exchange-world.js';
import { AM_SESSION, introspectionEnv, openamSessionEnv } from './upstream-settings.js';

const FAILURES = 5;

const am = closeAfterTests(await startOpenamStandIn());
let introspectionStatus = 200;
const introspection = await temporaryServer((_request, response) => {
  response.writeHead(introspectionStatus, { 'content-type': 'application/json' }).end('{"active":false}');
});
const world = await startExchangeWorld([imagesRule], {
  ...introspectionEnv(introspection.origin),
  TOKEN_EXCHANGE_POLICIES: 'json,jwt',
  ...openamSessionEnv(am.url),
});

const isOpen = async (upstream: string): Promise<boolean> =>
  (await world.metrics()).includes(`upstream_circuit_changes_total{upstream="${upstream}",state="open"} 1`);
const phantom = () =>
  world.exchange({ subject_token: 'opaque', resource: undefined, requested_token_type: JWT }, RESOLVER);
const bySession = (subject_token: string) =>
  world.exchange({ subject_token, subject_token_type: AM_SESSION, resource: `${IMAGES}/x` });
/** The statuses that come of so many requests, one after the other. */
const statusesOf = async (count: number, ask: () => Promise<Answer>): Promise<number[]> => {
  const statuses = new Set<number>();
  for (let time = 0; time < count; time += 1) statuses.add((await ask()).status);
  return [...statuses];
};

describe('each server that is asked about subject tokens has a circuit breaker of its own', () => {
  it('inactive tokens and unknown sessions are answers', async () => {
    expect(await statusesOf(2 * FAILURES, phantom)).toEqual([400]);
    expect(await statusesOf(2 * FAILURES, () => bySession('AQIC5unknown'))).toEqual([400]);
    expect([await isOpen('policy:jwt'), await isOpen('sessions:openam')]).toEqual([false, false]);
  });

  it('PB-28 an introspection endpoint that is down opens its own, and nothing else is refused for it', async () => {
    introspectionStatus = 503;
    expect(await statusesOf(FAILURES, phantom)).toEqual([503]);
    expect([await isOpen('policy:jwt'), await isOpen('sessions:openam')]).toEqual([true, false]);
    expect((await bySession(am.startSession('alice'))).status).toBe(200);
    expect((await world.exchange()).status).toBe(200);
  });

  it('PB-28 so does an AM that is down', async () => {
    am.answer('validate', (_request, response) => response.writeHead(503).end());
    const session = am.startSession('alice');
    expect(await statusesOf(FAILURES, () => bySession(session))).toEqual([503]);
    expect(await isOpen('sessions:openam')).toBe(true);
    expect((await world.exchange()).status).toBe(200);
  });

  it('each is a part of readiness, and never makes the service unready', async () => {
    const { status, parts } = await world.readiness();
    expect(status).toBe(200);
    for (const name of ['policy:jwt', 'sessions:openam']) {
      expect(parts[name]).toMatchObject({ ready: true, degraded: true, detail: expect.stringMatching(/^circuit /) });
    }
  });
});
