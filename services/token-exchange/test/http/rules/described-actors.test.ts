import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { type Claims, issuedClaims, OTHER, OWN, ruleAt, startExchangeWorld, USERS, WEAK } from '../exchange-world.js';
import { expectRefusal } from '../refusal-world.js';

const readme = readFileSync(new URL('../../../../../README.md', import.meta.url), 'utf8');
const helpDeskRule = JSON.parse(/```json\n(\{ "id": "help-desk"[^`]*)```/.exec(readme)?.[1] ?? '') as object;

const CASE = 'https://cases.example.com/17';
const rules = [
  helpDeskRule,
  ruleAt('weak', { actors: { issuer: WEAK, claims: { role: 'help-desk' } } }),
  ruleAt('gateway', { actors: { issuer: OWN, subs: ['gateway'] } }),
  ruleAt('both', { allowedActors: ['dora'], actors: { claims: { role: 'help-desk' } } }),
  ruleAt('twice', { actors: { claims: { role: 'help-desk' } } }),
  ruleAt('twice', { id: 'twice more', actors: { claims: { level: 2 } } }),
];

const world = await startExchangeWorld(rules);

const customer = (claims: Claims = {}) => ({
  subject_token: world.token({ role: 'customer', tenant: 'blue', ...claims }),
});
const agent = (claims: Claims = {}) => world.actorFields({ sub: 'dora', role: 'help-desk', tenant: 'blue', ...claims });
const refuses = (fields: Parameters<typeof expectRefusal>[1], reason = 'actor_not_allowed') =>
  expectRefusal(world, fields, {
    reason,
    error: reason === 'no_policy_applies' ? 'invalid_target' : 'invalid_request',
  });

describe('the actors a rule describes', () => {
  it("any help-desk agent acts for a customer of his tenant, as the README's rule says, and nobody has to list them", async () => {
    for (const sub of ['dora', 'emil']) {
      const answer = await world.exchange({ ...customer(), ...agent({ sub }), resource: CASE });
      expect(answer).toMatchObject({ status: 200, body: { scope: 'read' } });
      expect(issuedClaims(answer)).toMatchObject({ sub: 'alice', act: { sub } });
    }
  });

  it('actor_not_allowed: whoever does not meet the condition, with the consent of the subject as well', async () => {
    for (const claims of [{ tenant: 'green' }, { tenant: undefined }, { role: 'sales' }, { role: undefined }]) {
      await refuses({ ...customer(), ...agent(claims), resource: CASE });
      await refuses({ ...customer({ may_act: { sub: 'dora' } }), ...agent(claims), resource: CASE });
    }
    await refuses({ ...customer({ tenant: undefined }), ...agent({ tenant: undefined }), resource: CASE });
  });

  it('may_act_mismatch: the policy does not stand in for consent that names somebody else', async () => {
    await refuses({ ...customer({ may_act: { sub: 'bob' } }), ...agent(), resource: CASE }, 'may_act_mismatch');
  });

  it('no_policy_applies: for a subject that the rule is not about', async () => {
    await refuses({ ...customer({ role: 'staff' }), ...agent(), resource: CASE }, 'no_policy_applies');
  });

  it('actor_not_allowed: X7 an issuer that is no default issuer counts only where a condition names it', async () => {
    await refuses({ ...customer(), ...agent({ iss: WEAK }), resource: CASE });
    const fields = { ...customer(), resource: 'urn:weak' };
    expect((await world.exchange({ ...fields, ...agent({ iss: WEAK }) })).status).toBe(200);
    await refuses({ ...fields, ...agent() });
  });

  it('actor_not_allowed: without an actor token, unless the calling client itself is described', async () => {
    await refuses({ ...customer(), resource: CASE });
    expect((await world.exchange({ ...customer(), resource: 'urn:gateway' })).status).toBe(200);
    expect((await world.exchange({ ...customer(), resource: 'urn:gateway' }, OTHER)).status).toBe(400);
    await refuses({ ...customer(), ...agent(), resource: 'urn:gateway' });
  });

  it('must be listed too where the rule also has a list, and meet the conditions of every rule', async () => {
    expect((await world.exchange({ ...customer(), ...agent(), resource: 'urn:both' })).status).toBe(200);
    await refuses({ ...customer(), ...agent({ sub: 'emil' }), resource: 'urn:both' });
    await refuses({ ...customer(), ...agent({ role: 'sales' }), resource: 'urn:both' });
    await refuses({ ...customer(), ...agent(), resource: 'urn:twice' });
    expect((await world.exchange({ ...customer(), ...agent({ level: 2 }), resource: 'urn:twice' })).status).toBe(200);
  });

  it('explains what it would need', async () => {
    const { body } = await world.explain({ ...customer(), ...agent({ tenant: 'green' }), resource: CASE });
    expect(body['needs']).toEqual([`the rule's allowedActors to list dora (${USERS}), or its actors to describe them`]);
  });
});
