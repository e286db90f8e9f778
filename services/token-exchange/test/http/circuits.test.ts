import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type LoopbackServer, type OpenamStandIn, startLoopbackServer, startOpenamStandIn } from '@mandate/testing';
import {
  basic,
  type ExchangeWorld,
  type FormFields,
  IMAGES,
  imagesRule,
  JWT,
  startExchangeWorld,
} from './exchange-world.js';

const RESOLVER = { authorization: basic('resolver', 'resolver-secret') };
const FAILURES = 5;

let am: OpenamStandIn;
let introspection: LoopbackServer;
let world: ExchangeWorld;
let introspectionStatus = 200;
beforeAll(async () => {
  am = await startOpenamStandIn();
  introspection = await startLoopbackServer((_request, response) => {
    response.writeHead(introspectionStatus, { 'content-type': 'application/json' }).end('{"active":false}');
  });
  world = await startExchangeWorld([imagesRule], {
    TOKEN_EXCHANGE_POLICIES: 'json,jwt',
    EXCHANGE_JWT_INTROSPECT_URL: introspection.origin,
    EXCHANGE_JWT_INTROSPECT_CLIENT_ID: 'exchange',
    EXCHANGE_JWT_INTROSPECT_CLIENT_SECRET: 'exchange-secret',
    EXCHANGE_JWT_INTROSPECT_ISSUER: 'https://opaque.example.com',
    INTROSPECTION_OPENAM_SESSION_URL: `${am.url}/json/sessions`,
  });
});
afterAll(async () => {
  await world.close();
  await am.close();
  await introspection.close();
});

const isOpen = async (upstream: string): Promise<boolean> =>
  (await world.metrics()).includes(`upstream_circuit_changes_total{upstream="${upstream}",state="open"} 1`);
const phantom = (): Promise<{ status: number }> => {
  const fields: FormFields = { subject_token: 'opaque', resource: undefined, requested_token_type: JWT };
  return world.exchange(fields, RESOLVER);
};
const bySession = (token: string): Promise<{ status: number }> => {
  const type = 'urn:mandate:token-type:am-session';
  return world.exchange({ subject_token: token, subject_token_type: type, resource: `${IMAGES}/x` });
};
const times = async (count: number, ask: () => Promise<{ status: number }>): Promise<number[]> => {
  const statuses: number[] = [];
  for (let time = 0; time < count; time += 1) statuses.push((await ask()).status);
  return statuses;
};

describe('each server that is asked about subject tokens has a circuit breaker of its own', () => {
  it('inactive tokens and unknown sessions are answers', async () => {
    expect(new Set(await times(2 * FAILURES, phantom))).toEqual(new Set([400]));
    expect(new Set(await times(2 * FAILURES, () => bySession('AQIC5unknown')))).toEqual(new Set([400]));
    expect([await isOpen('policy:jwt'), await isOpen('sessions:openam')]).toEqual([false, false]);
  });

  it('PB-28 an introspection endpoint that is down opens its own, and nothing else is refused for it', async () => {
    introspectionStatus = 503;
    expect(new Set(await times(FAILURES, phantom))).toEqual(new Set([503]));
    expect([await isOpen('policy:jwt'), await isOpen('sessions:openam')]).toEqual([true, false]);
    expect((await bySession(am.startSession('alice'))).status).toBe(200);
    expect((await world.exchange()).status).toBe(200);
  });

  it('PB-28 so does an AM that is down', async () => {
    am.answer('validate', (_request, response) => response.writeHead(503).end());
    const session = am.startSession('alice');
    expect(new Set(await times(FAILURES, () => bySession(session)))).toEqual(new Set([503]));
    expect(await isOpen('sessions:openam')).toBe(true);
    expect((await world.exchange()).status).toBe(200);
  });

  it('each is a part of readiness, and never makes the service unready', async () => {
    const readyz = await fetch(`${world.managementUrl}/readyz?verbose`);
    const { parts } = (await readyz.json()) as { parts: Record<string, unknown> };
    expect(readyz.status).toBe(200);
    for (const name of ['policy:jwt', 'sessions:openam']) {
      expect(parts[name]).toMatchObject({ ready: true, degraded: true, detail: expect.stringMatching(/^circuit /) });
    }
  });
});
