import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type OpenamStandIn, startOpenamStandIn, until } from '@mandate/testing';
import { openamVariables, startValidationWorld, type ValidationWorld } from './validation-world.js';

const UPSTREAM = 'introspection:openam';

let am: OpenamStandIn;
let world: ValidationWorld;
beforeAll(async () => {
  am = await startOpenamStandIn();
  world = await startValidationWorld(openamVariables(am));
});
afterAll(async () => {
  await world.stop();
  await am.close();
});

const part = async (): Promise<{ status: number; part: unknown }> => {
  const readyz = await fetch(`${world.managementUrl}/readyz?verbose`);
  const { parts } = (await readyz.json()) as { parts: Record<string, unknown> };
  return { status: readyz.status, part: parts[UPSTREAM] };
};
const statusOf = async (token: string): Promise<number> => (await world.introspect({ token })).status;

describe('the circuit breaker before AM', () => {
  it('stays closed for tokens AM does not know, refuses, or fails on one by one', async () => {
    for (let time = 0; time < 12; time += 1) expect(await statusOf(`opaque-${time}`)).toBe(200);
    // A session token in form alone: AM answers it with status 500, whoever sends it.
    for (let time = 0; time < 12; time += 1) expect(await statusOf(`AQIC5*not-a-session-${time}*`)).toBe(503);
    expect(await world.metricsText()).toContain(`upstream_circuit_open{upstream="${UPSTREAM}"} 0`);
    const claims = { iss: `${am.url}/oauth2`, sub: 'alice', exp: world.clock() + 600, token_type: 'access_token' };
    am.addAccessToken('good', { ...claims, client_id: 'client1', scope: 'read' });
    expect((await world.introspect({ token: 'good' })).body).toMatchObject({ active: true });
    expect(await part()).toEqual({ status: 200, part: { ready: true } });
  });

  it('PB-28 opens when AM is down: 503 without asking it, seen in metrics, readiness and nothing else', async () => {
    const unavailable = (_request: unknown, response: { writeHead(status: number): { end(): void } }): void =>
      response.writeHead(503).end();
    for (const endpoint of ['introspect', 'validate']) am.answer(endpoint, unavailable);
    for (let time = 0; time < 5; time += 1) await statusOf('good');
    const requestsBefore = am.requests.length;
    const answer = await world.introspect({ token: 'good' });
    expect([answer.status, answer.body['error']]).toEqual([503, 'temporarily_unavailable']);
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(am.requests.length - requestsBefore).toBeLessThanOrEqual(1);
    expect(await world.metricsText()).toContain(`upstream_circuit_changes_total{upstream="${UPSTREAM}",state="open"}`);
    expect((await world.introspect({ token: world.token() })).body).toMatchObject({ active: true, sub: 'alice' });

    await until(async () => {
      await statusOf('good');
      return JSON.stringify(await part()).includes('degraded');
    });
    expect(await part()).toMatchObject({ status: 200, part: { ready: true } });
  });

  it('PB-28 closes when AM is back', async () => {
    for (const endpoint of ['introspect', 'validate']) am.answer(endpoint, undefined);
    await until(async () => (await statusOf('good')) === 200);
    expect((await world.introspect({ token: 'good' })).body).toMatchObject({ active: true });
    expect(await world.metricsText()).toContain(`upstream_circuit_open{upstream="${UPSTREAM}"} 0`);
  });
});
