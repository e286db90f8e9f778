import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { basic, type ExchangeWorld, IMAGES, imagesRule, issuedClaims, startExchangeWorld } from './exchange-world.js';

const REPORTS = 'https://reports.example.com';
const reportsRule = { id: 'reports', patterns: [`${REPORTS}/*`], audience: REPORTS, scopes: ['read', 'write'] };
const DEFAULTS = [`${IMAGES}/photos`, IMAGES];
const untargeted = { authorization: basic('untargeted', 'untargeted-secret') };

let world: ExchangeWorld;
beforeAll(async () => {
  world = await startExchangeWorld([imagesRule, reportsRule]);
});
afterAll(() => world.close());

const events = () =>
  world.logLines
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ hash, client }) => hash !== undefined && client === 'untargeted');

/** A request that names no target, by the client whose record does. */
const unnamed = { resource: undefined };

describe('defaultTargets of a client', () => {
  it('are the targets of an exchange that names none, and the audit says so', async () => {
    const answer = await world.exchange(unnamed, untargeted);
    expect(answer.status).toBe(200);
    expect(issuedClaims(answer)).toMatchObject({ aud: IMAGES, sub: 'alice', client_id: 'untargeted' });
    expect(events().at(-1)).toMatchObject({ verdict: 'permit', targets: DEFAULTS, targetsFrom: 'client' });
  });

  it('are none where the request names one, by either parameter', async () => {
    for (const named of [{ resource: `${REPORTS}/1` }, { ...unnamed, audience: REPORTS }]) {
      const answer = await world.exchange(named, untargeted);
      expect(issuedClaims(answer)['aud']).toBe(REPORTS);
      expect(events().at(-1)).not.toHaveProperty('targetsFrom');
    }
  });

  it('are shown by explain', async () => {
    const check = { check: 'policy', facts: { defaultTargets: DEFAULTS } };
    const { body } = await world.explain(unnamed, untargeted);
    expect(body['verdict']).toBe('permit');
    expect(body['checks']).toContainEqual(
      expect.objectContaining({ ...check, facts: expect.objectContaining(check.facts) }),
    );
    expect(JSON.stringify((await world.explain({}, untargeted)).body)).not.toContain('defaultTargets');
  });

  it('give nothing that the policy does not: an uncovered one is refused, and so is a scope beyond the rule', async () => {
    expect((await world.exchange({ ...unnamed, scope: 'admin' }, untargeted)).body['error']).toBe('invalid_scope');
    const closed = await startExchangeWorld([reportsRule]);
    const { status, body } = await closed.exchange(unnamed, untargeted);
    expect([status, body['error']]).toEqual([400, 'invalid_target']);
    const { body: explained } = await closed.explain(unnamed, untargeted);
    expect(explained).toMatchObject({ reason: 'no_policy_applies' });
    expect((explained['checks'] as object[]).at(-1)).toMatchObject({ facts: { defaultTargets: DEFAULTS } });
    await closed.close();
  });

  it('are nobody else’s', async () => {
    expect((await world.exchange(unnamed)).body['error_description']).toBe('The request names no target');
  });
});
