import { describe, expect, it } from '@jest/globals';
import { TEST_START } from '@mandate/testing';
import {
  checksOf,
  type Claims,
  type FormFields,
  imagesRule,
  IMAGES,
  issuedClaims,
  issuedToken,
  OWN,
  ruleAt,
  startExchangeWorld,
} from '../exchange-world.js';
import { expectRefusal } from '../refusal-world.js';
import { agreedToken, bob, detail, PHOTOS } from './agreed-token.js';

const rules = [
  imagesRule,
  ruleAt('translated', { scopes: ['print', 'read'], scopeCeiling: 'policy' }),
  ruleAt('printing', { scopes: ['print'], scopeCeiling: 'policy' }),
  { id: 'anywhere', clients: ['gateway'], audience: 'anywhere', scopes: ['read'] },
];

const world = await startExchangeWorld(rules);

describe('what was agreed binds (section 10)', () => {
  const request = (fields: FormFields = {}, members: Claims = {}, claims: Claims = {}): FormFields => ({
    subject_token: agreedToken(world, members, claims),
    ...bob(world),
    ...fields,
  });
  const carol = world.actorFields({ iss: OWN, sub: 'carol' });
  const refuses = (fields: FormFields, reason = 'outside_agreement') => expectRefusal(world, fields, { reason });

  it('issues within the agreement, and the token goes on saying what was agreed', async () => {
    const answer = await world.exchange(request({ scope: 'read' }));
    expect(answer.status).toBe(200);
    const claims = issuedClaims(answer);
    expect(claims).toMatchObject({ sub: 'alice', act: { sub: 'bob' }, scope: 'read', authGrantId: 'delegation-1' });
    expect(claims['authorization_details']).toEqual([detail]);
    expect(claims).not.toHaveProperty('may_act');
  });

  it.each<[string, FormFields]>([
    ['outside_agreement: a location that was not agreed to', { resource: `${IMAGES}/private` }],
    ['outside_agreement: one location of two that was not agreed to', { resource: [PHOTOS, `${IMAGES}/private`] }],
    ['outside_agreement: no location named, wherever the policy would lead', { resource: undefined }],
    ['outside_agreement: a scope that was not agreed to, though the token has it', { scope: 'read write' }],
  ])('%s', (_case, fields) => refuses(request(fields)));

  it.each([`${PHOTOS}/1`, `${PHOTOS}/`, PHOTOS.toUpperCase(), IMAGES])(
    'outside_agreement: %s is not the location, octet for octet',
    (resource) => refuses(request({ resource })),
  );

  it('narrows to what was agreed where that is asked for, and gives no more where nothing is', async () => {
    for (const fields of [{ scope: 'read write', narrow: 'true' }, {}]) {
      expect((await world.exchange(request(fields))).body['scope']).toBe('read');
    }
  });

  it('holds under a policy that translates scopes: nothing is granted that was not agreed to', async () => {
    expect(issuedClaims(await world.exchange(request({ resource: 'urn:translated' })))['scope']).toBe('read');
    await refuses(request({ resource: 'urn:printing' }));
  });

  it('may_act_mismatch: somebody else than was agreed to', () => refuses(request(carol), 'may_act_mismatch'));

  it('a person cannot agree to what policy forbids', () =>
    expectRefusal(world, request({ resource: 'urn:forbidden' }, { locations: ['urn:forbidden'] }), {
      reason: 'no_policy_applies',
      error: 'invalid_target',
    }));

  it('bounds the lifetime by `until`', async () => {
    const claims = issuedClaims(await world.exchange(request({}, { until: TEST_START + 30 })));
    expect(claims['exp']).toBe(TEST_START + 30);
    await refuses(request({}, { until: TEST_START }), 'lifetime_exhausted');
  });

  it('outside_agreement: another purpose, or none, where one was agreed to', async () => {
    const purpose = 'Ticket 4711: “address”';
    expect((await world.exchange(request({ purpose }, { purpose }))).status).toBe(200);
    expect((await world.exchange(request({ purpose }))).status).toBe(200);
    await refuses(request({}, { purpose }));
    await refuses(request({ purpose: 'ticket 4711: “address”' }, { purpose }));
    expect(await world.exchange(request({ purpose: [purpose, purpose] }, { purpose }))).toMatchObject({ status: 400 });
  });

  it.each([
    ['two agreements', [detail, detail]],
    ['one that cannot be read', [{ ...detail, scopes: 'read' }]],
    ['one with a member nobody knows', [{ ...detail, everything: true }]],
  ])('outside_agreement: %s', (_, authorization_details) => refuses(request({}, {}, { authorization_details })));

  it('leaves details of other types to whom they are for', async () => {
    const authorization_details = [{ type: 'payment_initiation', instructedAmount: { amount: '1' } }];
    expect((await world.exchange(request({}, {}, { authorization_details }))).status).toBe(200);
  });

  it('believes nobody else what people agreed to: a foreign token is bound by its may_act alone', async () => {
    const foreign = world.token({ may_act: { sub: 'bob' }, authorization_details: [{ ...detail, scopes: ['list'] }] });
    const answer = await world.exchange({ subject_token: foreign, ...world.actorFields() });
    expect(answer.status).toBe(200);
    expect(issuedClaims(answer)).not.toHaveProperty('authorization_details');
  });

  it('outside_agreement: the token of an agreement by which Bob would be Alice, as an actor token', async () => {
    const subject_token = world.token({ iss: OWN, sub: 'carol', may_act: { sub: 'alice', iss: OWN } });
    await refuses({ subject_token, actor_token: agreedToken(world), actor_token_type: bob(world)['actor_token_type'] });
  });

  it('outside_agreement: the same as an assertion of who acts', async () => {
    const other = await startExchangeWorld([
      ruleAt('act-as', { actAs: true, allowedActors: [{ iss: OWN, sub: 'alice' }] }),
    ]);
    const actAs = { resource: 'urn:act-as', scope: 'act_as:carol' };
    const assertion = other.token({ iss: OWN });
    expect((await other.assert({ ...actAs, assertion })).status).toBe(200);
    const agreement = agreedToken(other, {}, { may_act: undefined });
    expect(await other.assert({ ...actAs, assertion: agreement })).toMatchObject({
      status: 400,
      body: { error: 'invalid_request' },
    });
  });

  it('binds whoever exchanges the derived token further', async () => {
    const further = { subject_token: issuedToken(await world.exchange(request())), ...carol };
    await refuses({ ...further, resource: `${IMAGES}/private` });
    await refuses({ ...further, resource: PHOTOS, scope: 'write' });
  });

  it("no_delegation_grant: who goes on with the derived token is policy that says, for its may_act was the first token's", async () => {
    const subject_token = issuedToken(await world.exchange(request()));
    await refuses({ subject_token, ...carol }, 'no_delegation_grant');
    await refuses({ subject_token, ...bob(world) }, 'no_delegation_grant');
  });

  it('names the delegation in the audit event, permitted or refused', async () => {
    await world.exchange(request());
    await world.exchange(request({ scope: 'write' }));
    expect(world.events().slice(-2)).toMatchObject([
      { verdict: 'permit', delegation: 'delegation-1' },
      { verdict: 'deny', delegation: 'delegation-1', reason: 'outside_agreement' },
    ]);
  });

  it('explains what was agreed to, its purpose excepted', async () => {
    const purpose = 'a secret errand';
    const explanation = await world.explain(request({ purpose }, { purpose, uses: 3 }));
    expect(checksOf(explanation)).toContainEqual({
      check: 'agreement',
      outcome: 'pass',
      facts: {
        delegation: 'delegation-1',
        scopes: ['read'],
        locations: detail.locations,
        until: null,
        uses: 3,
        purpose: 'agreed',
        requested: [],
      },
    });
  });
});

describe('a delegation that ends (section 10)', () => {
  it('delegation_ended: once its grant is revoked, for the token and for what was derived from it', async () => {
    const world = await startExchangeWorld(rules);
    const fields = { subject_token: agreedToken(world), ...bob(world) };
    const subject_token = issuedToken(await world.exchange(fields));
    await world.revoke('delegation-1');
    await expectRefusal(world, fields, { reason: 'delegation_ended' });
    const further = { subject_token, ...world.actorFields({ sub: 'carol', iss: OWN }) };
    await expectRefusal(world, further, { reason: 'delegation_ended' });
  });

  it('ancestor_revoked: where a token of it was revoked, and it lasts', async () => {
    const world = await startExchangeWorld(rules);
    const subject_token = agreedToken(world, {}, { anc: ['first'] });
    await world.revoke('first');
    await expectRefusal(world, { subject_token, ...bob(world) }, { reason: 'ancestor_revoked' });
  });
});
