import { describe, expect, it } from '@jest/globals';
import { checksOf, credentialsOf, IMAGES, imagesRule, issuedClaims, startExchangeWorld } from './exchange-world.js';

const REPORTS = 'https://reports.example.com';
const reportsRule = { id: 'reports', patterns: [`${REPORTS}/*`], audience: REPORTS, scopes: ['read', 'write'] };
const DEFAULTS = [`${IMAGES}/photos`, IMAGES];
const UNTARGETED = credentialsOf('untargeted');

const world = await startExchangeWorld([imagesRule, reportsRule]);

const lastEvent = () => world.events().findLast(({ client }) => client === 'untargeted');

/** A request that names no target, by the client whose record does. */
const noTarget = { resource: undefined };

describe('defaultTargets of a client', () => {
  it('are the targets of an exchange that names none, and the audit says so', async () => {
    const answer = await world.exchange(noTarget, UNTARGETED);
    expect(answer.status).toBe(200);
    expect(issuedClaims(answer)).toMatchObject({ aud: IMAGES, sub: 'alice', client_id: 'untargeted' });
    expect(lastEvent()).toMatchObject({ verdict: 'permit', targets: DEFAULTS, targetsFrom: 'client' });
  });

  it('are none where the request names one, by either parameter', async () => {
    for (const target of [{ resource: `${REPORTS}/1` }, { ...noTarget, audience: REPORTS }]) {
      const answer = await world.exchange(target, UNTARGETED);
      expect(issuedClaims(answer)['aud']).toBe(REPORTS);
      expect(lastEvent()).not.toHaveProperty('targetsFrom');
    }
  });

  it('are shown by explain', async () => {
    const explanation = await world.explain(noTarget, UNTARGETED);
    expect(explanation.body['verdict']).toBe('permit');
    const policyCheck = checksOf(explanation).find(({ check }) => check === 'policy');
    expect(policyCheck?.facts).toMatchObject({ defaultTargets: DEFAULTS });
    expect(JSON.stringify((await world.explain({}, UNTARGETED)).body)).not.toContain('defaultTargets');
  });

  it('give nothing that the policy does not: an uncovered one is refused, and so is a scope beyond the rule', async () => {
    expect((await world.exchange({ ...noTarget, scope: 'admin' }, UNTARGETED)).body['error']).toBe('invalid_scope');
    const other = await startExchangeWorld([reportsRule]);
    const { status, body } = await other.exchange(noTarget, UNTARGETED);
    expect([status, body['error']]).toEqual([400, 'invalid_target']);
    const explanation = await other.explain(noTarget, UNTARGETED);
    expect(explanation.body).toMatchObject({ reason: 'no_policy_applies' });
    expect(checksOf(explanation).at(-1)).toMatchObject({ facts: { defaultTargets: DEFAULTS } });
  });

  it('are nobody else’s', async () => {
    expect((await world.exchange(noTarget)).body['error_description']).toBe('The request names no target');
  });
});
