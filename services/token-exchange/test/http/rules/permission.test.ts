import { describe, expect, it } from '@jest/globals';
import {
  checksOf,
  ID_TOKEN,
  IMAGES,
  OWN,
  USERS,
  WEAK,
  imagesRule,
  issuedClaims,
  startExchangeWorld,
} from '../exchange-world.js';
import { REPORTS, requestsOf, rules, type Way } from '../refusal-world.js';

const world = await startExchangeWorld(rules);

const { subject, bob, consent, refuses, permits } = requestsOf(world);
describe('may this actor act for this subject', () => {
  it('TX-24 no_delegation_grant: neither may_act nor allowedActors', async () => {
    await refuses({ ...subject({}), ...bob() }, 'no_delegation_grant');
  });

  it('explains whether the policy lists the actor, lists others, or does not say', async () => {
    const allowedActors = async (sub: string, resource: string) => {
      const fields = { ...subject({ may_act: { sub } }), ...world.actorFields({ sub }), resource };
      return checksOf(await world.explain(fields)).find(({ check }) => check === 'permission')?.facts['allowedActors'];
    };
    expect(await allowedActors('bob', `${IMAGES}/a`)).toBe('the policy does not say');
    expect(await allowedActors('bob', `${REPORTS}/a`)).toBe('include the actor');
    expect(await allowedActors('carol', `${REPORTS}/a`)).toBe('do not include the actor');
  });

  it('may_act_mismatch: may_act names somebody else', async () => {
    await refuses({ ...subject({ may_act: { sub: 'carol' } }), ...bob() }, 'may_act_mismatch');
  });

  it('TX-66 may_act_mismatch: also without an actor token, for the calling client', async () => {
    await refuses(consent(), 'may_act_mismatch');
    await permits(subject({ may_act: { client_id: 'gateway' } }));
  });

  it('TX-19 may_act_mismatch: may_act names the issuer too', async () => {
    await refuses({ ...subject({ may_act: { sub: 'bob', iss: OWN } }), ...bob() }, 'may_act_mismatch');
    await permits({ ...subject({ may_act: { sub: 'bob', iss: USERS } }), ...bob() });
  });

  it.each([
    ['the client alone', { client_id: 'gateway' }],
    ['the client and the actor', { client_id: 'gateway', sub: 'bob' }],
    ['several clients', { client_id: ['other', 'gateway'] }],
    ['several of both', { client_id: ['other', 'gateway'], sub: ['carol', 'bob'] }],
  ])(
    'takes a may_act that names %s for the client that asks, whatever the actor token says',
    async (_name, may_act) => {
      // An ID token need not say whom it was issued to: no `azp`, no `client_id`.
      const claims = { sub: 'bob', aud: 'other', client_id: undefined, scope: undefined, nonce: 'n' };
      const fields = { actor_token: world.token(claims, { typ: 'JWT' }), actor_token_type: ID_TOKEN };
      await permits({ ...subject({ may_act }), ...fields });
      await refuses({ ...subject({ may_act: { ...may_act, client_id: 'other' } }), ...fields }, 'may_act_mismatch');
      await refuses({ ...subject({ may_act: { ...may_act, client_id: ['a', 'b'] } }), ...fields }, 'may_act_mismatch');
    },
  );

  it('takes a may_act that names the client for the caller who impersonates', async () => {
    await permits(subject({ may_act: { client_id: ['other', 'gateway'] } }));
    await refuses(subject({ may_act: { client_id: 'other' } }), 'may_act_mismatch');
    await refuses(subject({ may_act: { client_id: 'gateway', sub: 'bob' } }), 'may_act_mismatch');
  });

  it('TX-20 may_act_mismatch: may_act names the client too', async () => {
    const request = (client_id: string) => ({ ...subject({ may_act: { sub: 'bob', client_id } }), ...bob() });
    await refuses(request('other'), 'may_act_mismatch');
    await permits(request('gateway'));
  });

  it.each<[string, unknown, string]>([
    ['a string', 'bob', 'may_act_malformed'],
    ['an array', [{ sub: 'bob' }], 'may_act_malformed'],
    ['a number', 1, 'may_act_malformed'],
    ['null', null, 'may_act_malformed'],
    ['{}', {}, 'may_act_mismatch'],
    ['{sub:1}', { sub: 1 }, 'may_act_malformed'],
    ['{sub:""}', { sub: '' }, 'may_act_malformed'],
  ])('TX-25 may_act as %s names nobody', async (_name, mayAct, reason) => {
    await refuses({ ...subject({ may_act: mayAct }), ...bob() }, reason);
  });

  it.each(['Bob', 'bob ', 'b\u043eb', 'bo\u200bb', '*', 'bob\u0000'])('X6 %j is not bob', async (name) => {
    await refuses({ ...subject({ may_act: { sub: name } }), ...bob() }, 'may_act_mismatch');
  });

  it('believes may_act only from an issuer that may assert it', async () => {
    const weak = { iss: WEAK, may_act: { sub: 'bob', iss: USERS } };
    await refuses({ ...subject(weak), ...bob() }, 'no_delegation_grant');
    await refuses({ ...subject({ ...weak, may_act: { sub: 'carol' } }), ...bob() }, 'may_act_mismatch');
  });

  it('TX-56 actor_not_allowed: allowedActors lists the bob of one issuer', async () => {
    const reports = { resource: `${REPORTS}/q1`, ...subject({ scope: 'read' }) };
    await permits({ ...reports, ...bob() });
    await refuses({ ...reports, ...bob({ iss: WEAK }) }, 'actor_not_allowed');
    await refuses({ ...reports, ...bob({ sub: 'carol' }) }, 'actor_not_allowed');
  });

  it('actor_not_allowed: consent does not stand in for the policy', async () => {
    const tokens = { ...subject({ may_act: { sub: 'carol' } }), ...bob({ sub: 'carol' }) };
    await refuses({ ...tokens, resource: `${REPORTS}/q1` }, 'actor_not_allowed');
  });

  it('actor_not_allowed: without an actor token the client must be listed', async () => {
    await refuses({ resource: `${REPORTS}/q1` }, 'actor_not_allowed');
  });

  it('impersonation_not_allowed: by the rule', async () => {
    await refuses({ resource: 'urn:no-impersonation' }, 'impersonation_not_allowed');
    await permits({ ...consent(), ...bob(), resource: 'urn:no-impersonation' });
  });

  it('impersonation_not_allowed: by IMPERSONATION_DEFAULT=deny, unless somebody allows it', async () => {
    const requests = requestsOf(await startExchangeWorld([imagesRule], { IMPERSONATION_DEFAULT: 'deny' }));
    await requests.refuses(requests.subject({}), 'impersonation_not_allowed');
    await requests.permits(requests.subject({ may_act: { client_id: 'gateway' } }));
  });

  it('makes the client the actor where the rule says so', async () => {
    const answer = await world.exchange({ resource: 'urn:client-as-actor' });
    expect(issuedClaims(answer)['act']).toEqual({ sub: 'gateway' });
  });
});

describe.each<Way>(['token_exchange', 'user_assertion'])('consent binds without an actor token, by %s', (way) => {
  const requests = requestsOf(world, way);
  const consent = (may_act: unknown) => requests.subject({ may_act });

  it('to whom it names, and the calling client is who acts', async () => {
    await requests.permits(consent({ client_id: 'gateway' }));
    await requests.refuses(consent({ client_id: 'other' }), 'may_act_mismatch');
    await requests.refuses(consent({ sub: 'bob' }), 'may_act_mismatch');
    await requests.refuses(consent({}), 'may_act_mismatch');
    await requests.refuses(consent('gateway'), 'may_act_malformed');
  });
});
