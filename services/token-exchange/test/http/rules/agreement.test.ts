import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TEST_START } from '@mandate/testing';
import {
  actorFields,
  type Claims,
  type ExchangeWorld,
  type FormFields,
  imagesRule,
  IMAGES,
  issuedClaims,
  JWT_BEARER,
  OWN,
  startExchangeWorld,
} from '../exchange-world.js';
import { expectRefusal } from '../refusal-world.js';
import { agreedToken, bob, detail, PHOTOS } from './agreed-token.js';

const rules = [
  imagesRule,
  {
    id: 'translating',
    patterns: ['urn:translated'],
    audience: 'translated',
    scopes: ['print', 'read'],
    scopeCeiling: 'policy',
  },
  { id: 'printing', patterns: ['urn:printing'], audience: 'printing', scopes: ['print'], scopeCeiling: 'policy' },
  { id: 'anywhere', clients: ['gateway'], audience: 'anywhere', scopes: ['read'] },
];

describe('what was agreed binds (section 10)', () => {
  let world: ExchangeWorld;
  beforeAll(async () => {
    world = await startExchangeWorld(rules);
  });
  afterAll(() => world.close());

  const asked = (fields: FormFields = {}, members: Claims = {}, claims: Claims = {}): FormFields => ({
    subject_token: agreedToken(world, members, claims),
    ...bob(world),
    ...fields,
  });
  const refuses = (fields: FormFields, reason = 'outside_agreement') => expectRefusal(world, fields, { reason });

  it('issues within the agreement, and the token goes on saying what was agreed', async () => {
    const answer = await world.exchange(asked({ scope: 'read' }));
    expect(answer.status).toBe(200);
    const claims = issuedClaims(answer);
    expect(claims).toMatchObject({ sub: 'alice', act: { sub: 'bob' }, scope: 'read', authGrantId: 'delegation-1' });
    expect(claims['authorization_details']).toEqual([detail]);
    expect(claims).not.toHaveProperty('may_act');
  });

  it('outside_agreement: a location that was not agreed to', () => refuses(asked({ resource: `${IMAGES}/private` })));

  it('outside_agreement: one location of two that was not agreed to', () =>
    refuses(asked({ resource: [PHOTOS, `${IMAGES}/private`] })));

  it.each([`${PHOTOS}/1`, `${PHOTOS}/`, PHOTOS.toUpperCase(), IMAGES])(
    'outside_agreement: %s is not the location, octet for octet',
    (resource) => refuses(asked({ resource })),
  );

  it('outside_agreement: no location named, wherever the policy would lead', () =>
    refuses(asked({ resource: undefined })));

  it('outside_agreement: a scope that was not agreed to, though the token has it', () =>
    refuses(asked({ scope: 'read write' })));

  it('narrows to what was agreed where that is asked for, and gives no more where nothing is', async () => {
    const narrowed = issuedClaims(await world.exchange(asked({ scope: 'read write', narrow: 'true' })));
    const open = issuedClaims(await world.exchange(asked()));
    expect([narrowed['scope'], open['scope']]).toEqual(['read', 'read']);
  });

  it('holds under a policy that translates scopes: nothing is granted that was not agreed to', async () => {
    expect(issuedClaims(await world.exchange(asked({ resource: 'urn:translated' })))['scope']).toBe('read');
    await refuses(asked({ resource: 'urn:printing' }));
  });

  it('may_act_mismatch: somebody else than was agreed to', () =>
    expectRefusal(
      world,
      { ...asked(), ...actorFields(world, { iss: OWN, sub: 'carol' }) },
      { reason: 'may_act_mismatch' },
    ));

  it('a person cannot agree to what policy forbids', () =>
    expectRefusal(world, asked({ resource: 'urn:forbidden' }, { locations: ['urn:forbidden'] }), {
      reason: 'no_policy_applies',
      error: 'invalid_target',
    }));

  it('bounds the lifetime by `until`', async () => {
    const claims = issuedClaims(await world.exchange(asked({}, { until: TEST_START + 30 })));
    expect(claims['exp']).toBe(TEST_START + 30);
    await expectRefusal(world, asked({}, { until: TEST_START }), { reason: 'lifetime_exhausted' });
  });

  it('outside_agreement: another purpose, or none, where one was agreed to', async () => {
    const purpose = 'Ticket 4711: “address”';
    expect((await world.exchange(asked({ purpose }, { purpose }))).status).toBe(200);
    expect((await world.exchange(asked({ purpose }))).status).toBe(200);
    await refuses(asked({}, { purpose }));
    await refuses(asked({ purpose: 'ticket 4711: “address”' }, { purpose }));
    expect(await world.exchange(asked({ purpose: [purpose, purpose] }, { purpose }))).toMatchObject({ status: 400 });
  });

  it.each([
    ['two agreements', [detail, detail]],
    ['one that cannot be read', [{ ...detail, scopes: 'read' }]],
    ['one with a member nobody knows', [{ ...detail, everything: true }]],
  ])('outside_agreement: %s', (_, authorization_details) => refuses(asked({}, {}, { authorization_details })));

  it('leaves details of other types to whom they are for', async () => {
    const authorization_details = [{ type: 'payment_initiation', instructedAmount: { amount: '1' } }];
    expect((await world.exchange(asked({}, {}, { authorization_details }))).status).toBe(200);
  });

  it('believes nobody else what people agreed to: a foreign token is bound by its may_act alone', async () => {
    const foreign = world.token({ may_act: { sub: 'bob' }, authorization_details: [{ ...detail, scopes: ['list'] }] });
    const answer = await world.exchange({ subject_token: foreign, ...actorFields(world) });
    expect(answer.status).toBe(200);
    expect(issuedClaims(answer)).not.toHaveProperty('authorization_details');
  });

  it('outside_agreement: the token of an agreement by which Bob would be Alice, as an actor token', async () => {
    const subject_token = world.token({ iss: OWN, sub: 'carol', may_act: { sub: 'alice', iss: OWN } });
    await refuses({ subject_token, actor_token: agreedToken(world), actor_token_type: bob(world)['actor_token_type'] });
  });

  it('outside_agreement: the same as an assertion of who acts', async () => {
    const rule = {
      patterns: ['urn:act-as'],
      audience: 'x',
      scopes: ['read'],
      actAs: true,
      allowedActors: [{ iss: OWN, sub: 'alice' }],
    };
    const other = await startExchangeWorld([rule]);
    const request = { grant_type: JWT_BEARER, resource: 'urn:act-as', scope: 'act_as:carol', subject_token: undefined };
    const assertion = other.token({ iss: OWN });
    expect((await other.assert({ ...request, assertion })).status).toBe(200);
    const agreed = await other.assert({ ...request, assertion: agreedToken(other, {}, { may_act: undefined }) });
    expect(agreed).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    await other.close();
  });

  it('binds whoever exchanges the derived token further', async () => {
    const derived = String((await world.exchange(asked())).body['access_token']);
    const further = { subject_token: derived, ...actorFields(world, { sub: 'carol', iss: OWN }) };
    await refuses({ ...further, resource: `${IMAGES}/private` });
    await refuses({ ...further, resource: PHOTOS, scope: 'write' });
  });

  it("no_delegation_grant: who goes on with the derived token is policy that says, for its may_act was the first token's", async () => {
    const { body } = await world.exchange(asked());
    const subject_token = String(body['access_token']);
    const carol = actorFields(world, { iss: OWN, sub: 'carol' });
    await expectRefusal(world, { subject_token, ...carol }, { reason: 'no_delegation_grant' });
    await expectRefusal(world, { subject_token, ...bob(world) }, { reason: 'no_delegation_grant' });
  });

  it('names the delegation in the audit event, permitted or refused', async () => {
    const before = world.logLines.length;
    await world.exchange(asked());
    await world.exchange(asked({ scope: 'write' }));
    const events = world.logLines.slice(before).map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(events.filter(({ hash }) => hash !== undefined)).toMatchObject([
      { verdict: 'permit', delegation: 'delegation-1' },
      { verdict: 'deny', delegation: 'delegation-1', reason: 'outside_agreement' },
    ]);
  });

  it('explains what was agreed to, its purpose excepted', async () => {
    const { body } = await world.explain(
      asked({ purpose: 'a secret errand' }, { purpose: 'a secret errand', uses: 3 }),
    );
    expect(body['checks']).toContainEqual({
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
    const derived = String((await world.exchange(fields)).body['access_token']);
    await world.revocations.revoke([{ kind: 'token', id: 'delegation-1', expiresAt: TEST_START + 600 }]);
    await expectRefusal(world, fields, { reason: 'delegation_ended' });
    const further = { subject_token: derived, ...actorFields(world, { sub: 'carol', iss: OWN }) };
    await expectRefusal(world, further, { reason: 'delegation_ended' });
    await world.close();
  });

  it('ancestor_revoked: where a token of it was revoked, and it lasts', async () => {
    const world = await startExchangeWorld(rules);
    const subject_token = agreedToken(world, {}, { anc: ['first'] });
    await world.revocations.revoke([{ kind: 'token', id: 'first', expiresAt: TEST_START + 600 }]);
    await expectRefusal(world, { subject_token, ...bob(world) }, { reason: 'ancestor_revoked' });
    await world.close();
  });
});
