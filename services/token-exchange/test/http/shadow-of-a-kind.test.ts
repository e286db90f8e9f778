import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { describeVariables } from '@mandate/service-kit';
import { pathOf, testDirectory, until } from '@mandate/testing';
import { tokenExchangeConfig } from '../../src/config.js';
import { temporaryServer } from '../after-tests.js';
import { type ExchangeWorld, IMAGES, imagesRule, startExchangeWorld } from './exchange-world.js';

const OWN_FILE = 'SHADOW_EXCHANGE_POLICY_JSON_CONFIG_PATH';
const folder = testDirectory();
const next = join(folder, 'next-policy.json');
const writeNext = (text: string): void => writeFileSync(next, text);
const policyOf = (members: object): string => JSON.stringify({ resources: [{ ...imagesRule, ...members }] });

const shadowEvents = (world: ExchangeWorld) => world.events().filter(({ event }) => event === 'shadow');
const untilCounted = (world: ExchangeWorld, outcome: string): Promise<void> =>
  until(async () => (await world.metrics()).includes(`policy_shadow_evaluations_total{outcome="${outcome}"} 1`));

writeNext(policyOf({ scopes: ['read'], expirationSeconds: 60 }));
const jsonEnv = { TOKEN_EXCHANGE_POLICIES_SHADOW: 'json', [OWN_FILE]: next };
const jsonWorld = await startExchangeWorld([imagesRule], jsonEnv);

describe('the next version of the JSON policy beside the one in force', () => {
  it('is compared and changes no answer', async () => {
    expect(await jsonWorld.exchange()).toMatchObject({ status: 200, body: { scope: 'read write', expires_in: 120 } });
    await until(() => shadowEvents(jsonWorld).length === 1);
    expect(shadowEvents(jsonWorld)[0]).toMatchObject({
      backend: 'json',
      shadowBackend: 'json',
      differences: ['scopes', 'expiration'],
    });
  });

  it('is a file of its own, whose changes are used and whose mistakes are said of its own variable', async () => {
    const recordOf = (event: string) =>
      jsonWorld.logRecords().find(({ msg, variable }) => msg === event && variable === OWN_FILE);
    writeNext('{"resources":');
    await until(() => recordOf('file not reloaded, the last good version stays') !== undefined);
    writeNext(policyOf({}));
    await until(() => recordOf('file reloaded') !== undefined);
    expect((await jsonWorld.exchange()).status).toBe(200);
    await untilCounted(jsonWorld, 'agreed');
  });

  it('stops the start where it cannot be used, for its own variable', async () => {
    const env = { TOKEN_EXCHANGE_POLICIES_SHADOW: 'json', [OWN_FILE]: join(folder, 'missing.json') };
    await expect(startExchangeWorld([imagesRule], env)).rejects.toMatchObject({ issues: [{ variable: OWN_FILE }] });
  });
});

describe('another OPA document beside the one in force', () => {
  it('is compared and changes no answer', async () => {
    const server = await temporaryServer((request, response) => {
      const scopes = pathOf(request) === '/v1/data/today' ? ['read', 'write'] : ['read'];
      const result = { allow: true, grants: [{ audience: IMAGES, scopes }] };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ result }));
    });
    const world = await startExchangeWorld([], {
      TOKEN_EXCHANGE_POLICIES: 'opa',
      TOKEN_EXCHANGE_POLICIES_SHADOW: 'opa',
      EXCHANGE_POLICY_OPA_URL: `${server.origin}/v1/data/today`,
      SHADOW_EXCHANGE_POLICY_OPA_URL: `${server.origin}/v1/data/tomorrow`,
    });
    expect(await world.exchange()).toMatchObject({ status: 200, body: { scope: 'read write' } });
    await until(() => shadowEvents(world).length === 1);
    expect(shadowEvents(world)[0]).toMatchObject({ backend: 'opa', shadowBackend: 'opa', differences: ['scopes'] });
  });
});

describe('a setting of a backend that the second list has not of its own', () => {
  it("is the first list's", async () => {
    const world = await startExchangeWorld([imagesRule], { TOKEN_EXCHANGE_POLICIES_SHADOW: 'json' });
    expect((await world.exchange()).status).toBe(200);
    await untilCounted(world, 'agreed');
  });
});

describe('a setting of the second list alone', () => {
  it('does something where the second list names its backend, and no other', () => {
    const usedWith = (name: string) =>
      describeVariables(tokenExchangeConfig).find((variable) => variable.name === name)?.usedWith;
    expect(usedWith(OWN_FILE)).toEqual({ TOKEN_EXCHANGE_POLICIES_SHADOW: 'json' });
    expect(usedWith('SHADOW_EXCHANGE_POLICY_OPA_URL')).toEqual({ TOKEN_EXCHANGE_POLICIES_SHADOW: 'opa' });
  });

  it('exists for every variable of every backend, as secret as that and without a default', () => {
    const variables = new Map(describeVariables(tokenExchangeConfig).map((variable) => [variable.name, variable]));
    const backend = [...variables.keys()].filter((name) =>
      /^(EXCHANGE_(POLICY|JWT|OPENAM_(AUTH|POLICY))_|JWT_)/.test(name),
    );
    expect(backend.length).toBeGreaterThan(15);
    for (const name of backend) {
      const { secret, values } = variables.get(name) ?? {};
      expect(variables.get(`SHADOW_${name}`)).toMatchObject({ secret, required: false, default: undefined });
      expect(variables.get(`SHADOW_${name}`)?.values).toEqual(values);
    }
  });
});
