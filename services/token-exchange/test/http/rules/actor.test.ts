import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ACCESS_TOKEN, ID_TOKEN, OWN, startExchangeWorld, type ExchangeWorld } from '../exchange-world.js';
import { requestsOf, rules } from '../refusal-world.js';

let world: ExchangeWorld;
beforeAll(async () => {
  world = await startExchangeWorld(rules);
});
afterAll(() => world.close());

const { bob, consent, refuses } = requestsOf(() => world);
describe('who is the actor', () => {
  it('TX-29 same_token: one token on both sides', async () => {
    const token = world.token({ may_act: { sub: 'alice' } });
    await refuses({ subject_token: token, actor_token: token, actor_token_type: ACCESS_TOKEN }, 'same_token');
  });

  it('X4 actor_is_subject: another token of the same identity', async () => {
    await refuses({ ...consent(), ...bob({ sub: 'alice' }) }, 'actor_is_subject');
  });

  it('actor_is_subject: the client as actor for itself', async () => {
    const own = world.token({ iss: OWN, sub: 'gateway' });
    await refuses({ subject_token: own, resource: 'urn:client-as-actor' }, 'actor_is_subject');
  });

  it('actor_chain_splicing: an actor token that is itself delegated', async () => {
    await refuses({ ...consent(), ...bob({ act: { sub: 'carol' } }) }, 'actor_chain_splicing');
  });

  it('TX-32 actor_not_bound_to_caller: an actor token of another client', async () => {
    const foreign = { client_id: 'other', aud: 'other' };
    await refuses({ ...consent(), ...bob(foreign) }, 'actor_not_bound_to_caller');
    const third = { subject_token: world.token(), ...bob(foreign), resource: 'urn:third-party' };
    expect((await world.exchange(third)).status).toBe(200);
    expect((await world.exchange({ ...consent(), ...bob({ client_id: 'other' }) })).status).toBe(200);
  });

  it('lets an ID token of any audience name the actor', async () => {
    const idToken = world.token(
      { sub: 'bob', aud: 'other', client_id: undefined, scope: undefined, nonce: 'n' },
      { typ: 'JWT' },
    );
    const actor = { actor_token: idToken, actor_token_type: ID_TOKEN };
    expect((await world.exchange({ ...consent(), ...actor })).status).toBe(200);
  });
});
