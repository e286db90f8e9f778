import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TEST_START, createTestKey, signTestToken, until } from '@mandate/testing';
import { USERS, type ValidationWorld, basic, startValidationWorld } from './validation-world.js';

let world: ValidationWorld;
beforeAll(async () => {
  world = await startValidationWorld({ INFO_ACCOUNT_PASSWORD: 'info-pass', METRICS_ACCOUNT_PASSWORD: 'metrics-pass' });
});
afterAll(() => world.stop());

const get = async (path: string, authorization = ''): ReturnType<ValidationWorld['send']> =>
  world.send(path, { method: 'GET', headers: { authorization } });

describe('the IMS paths', () => {
  it('answer the ping and the metrics to their accounts only', async () => {
    expect((await get('/validation/info/ping', basic('info', 'info-pass'))).status).toBe(200);
    expect((await get('/validation/info/ping', basic('info', 'wrong'))).status).toBe(401);
    expect((await get('/validation/info/ping')).status).toBe(401);
    await world.introspect({ token: 'x' });
    const metrics = await get('/validation/metrics/prometheus?_fields=x&_mimeType=y', basic('metrics', 'metrics-pass'));
    expect(metrics.status).toBe(200);
    expect(metrics.text).toContain('introspectRequests_total{outcome="inactive"}');
  });
});

describe('TRUSTED_ISSUERS_FILE', () => {
  const addedKey = createTestKey('ES256');
  const users = { issuer: USERS, jwks: { keys: [] as object[] } };
  const more = { issuer: 'https://more.example.com', jwks: { keys: [addedKey.publicJwk] } };
  const token = signTestToken(addedKey, { iss: more.issuer, sub: 'new', exp: TEST_START + 60 });
  const isActive = async (): Promise<boolean> => (await world.introspect({ token })).body['active'] === true;

  it('is taken up when it changes; a broken version leaves the last good one, counts, and shows in /readyz', async () => {
    users.jwks.keys.push(world.keys.users.publicJwk);
    expect(await isActive()).toBe(false);
    world.writeIssuers([users, more]);
    await until(isActive);
    world.writeIssuers([{ issuer: 'https://more.example.com' }]);
    const readiness = async (): Promise<unknown> => (await fetch(`${world.managementUrl}/readyz?verbose`)).json();
    await until(async () => JSON.stringify(await readiness()).includes('degraded'));
    expect(await readiness()).toMatchObject({
      status: 'degraded',
      parts: {
        'file:TRUSTED_ISSUERS_FILE': {
          ready: true,
          degraded: true,
          detail: '[0]: needs exactly one of jwks, jwksUri, openid (line 1, column 2)',
        },
      },
    });
    expect(await isActive()).toBe(true);
    const { text } = await get('/validation/metrics/prometheus', basic('metrics', 'metrics-pass'));
    expect(text).toContain('file_reloads_total{variable="TRUSTED_ISSUERS_FILE",outcome="failure"} 1');
    world.writeIssuers([users]);
    await until(async () => !(await isActive()));
  });
});
