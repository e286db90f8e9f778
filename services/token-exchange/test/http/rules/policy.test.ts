import { describe, expect, it } from '@jest/globals';
import { until } from '@mandate/testing';
import { checksOf, IMAGES, imagesRule, issuedClaims, startExchangeWorld } from '../exchange-world.js';
import { REPORTS, requestsOf, rules } from '../refusal-world.js';

const world = await startExchangeWorld(rules);

const { subject, bob, refuses } = requestsOf(world);
describe('the policy', () => {
  it('TX-33 X2 no_policy_applies: a target that no rule covers', async () => {
    await refuses({ resource: 'https://unknown.example.com/' }, 'no_policy_applies', 'invalid_target');
  });

  it('TX-35 no_policy_applies: one target of several', async () => {
    const resource = [`${IMAGES}/a`, 'https://unknown.example.com/'];
    await refuses({ resource }, 'no_policy_applies', 'invalid_target');
  });

  it('no_target: no target at all (RFC 8707 section 2)', async () => {
    await refuses({ resource: undefined }, 'no_target', 'invalid_target');
    const { body } = await world.exchange({ resource: undefined });
    expect(body['error_description']).toBe('The request names no target');
    expect((await world.explain({ resource: undefined })).body['needs']).toEqual([
      'a resource or audience, or defaultTargets in the record of the client',
    ]);
  });

  it('names the rule that covers a target but not this request, and each condition that does not hold', async () => {
    const resource = `${IMAGES}/photos`;
    const rule = (id: string, members: object) => ({ ...imagesRule, id, ...members });
    const conditional = await startExchangeWorld([
      rule('tenant', { subjects: { claims: { tenant: 'blue' } } }),
      rule('team', {
        clients: ['other'],
        subjects: [{ subs: ['carol'] }, { issuer: 'https://elsewhere.example.com' }],
      }),
      { id: 'closed', patterns: imagesRule.patterns, deny: true, clients: ['other'] },
    ]);
    const unknown = 'https://unknown.example.com/';
    const fields = { subject_token: conditional.token({ tenant: 'secretly-green' }), resource: [resource, unknown] };
    const explanation = await conditional.explain(fields);
    expect(explanation.body['needs']).toEqual([
      [
        `the condition subjects.claims.tenant of rule tenant, which covers ${resource}, to hold; or ` +
          `the condition clients, subjects[0].subs, subjects[1].issuer of rule team, which covers ${resource}, to hold`,
        `a rule that covers ${unknown}`,
      ].join('; '),
    ]);
    expect(checksOf(explanation).at(-1)).toMatchObject({
      reason: 'no_policy_applies',
      facts: { unmet: ['tenant (subjects.claims.tenant)', 'team (clients, subjects[0].subs, subjects[1].issuer)'] },
    });
    expect(JSON.stringify(explanation.body)).not.toContain('secretly-green');
    expect((await conditional.exchange({ subject_token: conditional.token({ tenant: 'blue' }) })).status).toBe(200);
  });

  it('policy_denied: a rule denies', async () => {
    await refuses({ resource: 'https://closed.example.com/' }, 'policy_denied');
  });

  it('policy_denied: a rule denies the audience, whether that or a resource is asked for', async () => {
    const subjects = { claims: { employed: 'no' } };
    const denying = await startExchangeWorld([imagesRule, { audience: IMAGES, subjects, deny: true }]);
    const statusesOf = async (claims: object) => {
      const subject_token = denying.token({ ...claims });
      const ways = [{ resource: `${IMAGES}/photos` }, { resource: undefined, audience: IMAGES }];
      return Promise.all(ways.map(async (way) => (await denying.exchange({ subject_token, ...way })).status));
    };
    expect(await statusesOf({})).toEqual([200, 200]);
    expect(await statusesOf({ employed: 'no' })).toEqual([400, 400]);
  });

  it('ambiguous_targets: several targets whose scopes differ (RFC 9068 section 5)', async () => {
    const both = { resource: `${IMAGES}/a`, audience: REPORTS, ...subject({ may_act: { sub: 'bob' } }), ...bob() };
    await refuses(both, 'ambiguous_targets', 'invalid_target');
    const answer = await world.exchange({ ...both, scope: 'read' });
    expect(issuedClaims(answer)['aud']).toEqual([IMAGES, REPORTS]);
  });

  it('gives one token for several targets whose scopes differ where told so, and explains which is whose (IMS)', async () => {
    const other = await startExchangeWorld(rules, { EXCHANGE_SEVERAL_TARGETS: 'union' });
    const subject_token = other.token({ may_act: { sub: 'bob' } });
    const both = { resource: `${REPORTS}/a`, audience: IMAGES, subject_token, ...other.actorFields() };
    const answer = await other.exchange(both);
    expect(issuedClaims(answer)).toMatchObject({ aud: [IMAGES, REPORTS], scp: ['read', 'write'] });
    const policyCheck = checksOf(await other.explain(both)).find(({ check }) => check === 'policy');
    expect(policyCheck?.facts).toMatchObject({ unitedScopes: [`${IMAGES}: read write`, `${REPORTS}: read`] });
  });

  it('policy_conflict: rules that contradict each other', async () => {
    await refuses({ resource: 'urn:conflict' }, 'policy_conflict', 'server_error');
  });

  it('TX-49 a permission withdrawn from the file is gone at the next exchange', async () => {
    const other = await startExchangeWorld([imagesRule]);
    expect((await other.exchange()).status).toBe(200);
    other.writePolicy();
    await until(async () => (await other.exchange()).status === 400);
  });
});
