import { describe, expect, it } from '@jest/globals';
import { TEST_START, until } from '@mandate/testing';
import { temporaryServer } from '../after-tests.js';
import { IMAGES, imagesRule, startExchangeWorld, USERS } from './exchange-world.js';

let result: unknown;
const server = await temporaryServer((_request, response) => {
  if (result === 'hang') return;
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ result }));
});
const start = (env: Record<string, string> = {}) =>
  startExchangeWorld([{ ...imagesRule, additionalClaims: { department: 'claim-canary' } }], {
    TOKEN_EXCHANGE_POLICIES_SHADOW: 'opa,json',
    // A busy machine is no hang.
    TOKEN_EXCHANGE_SHADOW_TIMEOUT_MS: '20000',
    EXCHANGE_POLICY_OPA_URL: `${server.origin}/v1/data/mandate/match`,
    ...env,
  });
const world = await start();

const shadowEvents = () => world.events().filter(({ event }) => event === 'shadow');
const counts = async (sample: string) => (await world.metrics()).includes(sample);

describe('TOKEN_EXCHANGE_POLICIES_SHADOW', () => {
  it('changes no answer, and writes down and counts what would have differed, without values', async () => {
    result = { allow: true, grants: [{ audience: IMAGES, scopes: ['read'], expirationSeconds: 120 }] };
    const answer = await world.exchange();
    expect(answer).toMatchObject({ status: 200, body: { scope: 'read write' } });
    await until(() => shadowEvents().length === 1);
    expect(shadowEvents()[0]).toMatchObject({
      time: new Date(TEST_START * 1000).toISOString(),
      client: 'gateway',
      subject: { iss: USERS, sub: 'alice' },
      transactionId: answer.headers.get('x-forgerock-transactionid'),
      backend: 'json',
      verdict: 'permit',
      shadowBackend: 'opa',
      shadowVerdict: 'permit',
      differences: ['scopes', 'claims'],
      differingClaims: ['department'],
    });
    expect(JSON.stringify(shadowEvents())).not.toContain('claim-canary');
    await until(() => counts('policy_shadow_differences_total{difference="claims"} 1'));
    await until(() => counts('policy_shadow_evaluations_total{outcome="disagreed"} 1'));
  });

  it('falls through to the next of its own list like any list, and agrees', async () => {
    result = [];
    expect((await world.exchange()).status).toBe(200);
    await until(() => counts('policy_shadow_evaluations_total{outcome="agreed"} 1'));
  });

  it('X12 a hang or an odd answer aside is seen in no answer', async () => {
    const hasty = await start({ TOKEN_EXCHANGE_SHADOW_TIMEOUT_MS: '200' });
    result = 'hang';
    expect((await hasty.exchange()).status).toBe(200);
    await until(async () => (await hasty.metrics()).includes('policy_shadow_evaluations_total{outcome="timeout"} 1'));
    result = 7;
    expect((await world.exchange()).status).toBe(200);
    await until(() => counts('policy_shadow_evaluations_total{outcome="failed"} 1'));
  });

  it('does not start without the settings of its backends', async () => {
    const env = {
      TOKEN_EXCHANGE_POLICIES: 'jwt',
      TOKEN_EXCHANGE_POLICIES_SHADOW: 'json',
      EXCHANGE_POLICY_JSON_CONFIG_PATH: '',
    };
    await expect(startExchangeWorld([imagesRule], env)).rejects.toMatchObject({ name: 'ConfigError' });
  });
});
