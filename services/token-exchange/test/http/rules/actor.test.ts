import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ACCESS_TOKEN, ID_TOKEN, OWN, startExchangeWorld, type ExchangeWorld } from '../exchange-world.js';
import { requestsOf, rules, type Way } from '../refusal-world.js';

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

  it('actor_is_subject: the client as actor for itself', async () => {
    const own = world.token({ iss: OWN, sub: 'gateway' });
    await refuses({ subject_token: own, resource: 'urn:client-as-actor' }, 'actor_is_subject');
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

describe.each<Way>(['token_exchange', 'act_as'])('whoever acts, by %s', (way) => {
  const { bob: acting, consent: given, refuses: denies } = requestsOf(() => world, way);

  it('is let where nothing is wrong', async () => {
    expect((await world.exchange({ ...given(), ...acting() })).status).toBe(200);
  });

  it('X4 actor_is_subject: another token of the same identity', async () => {
    await denies({ ...given(), ...acting({ sub: 'alice' }) }, 'actor_is_subject');
  });

  it('actor_chain_splicing: an actor token that is itself delegated', async () => {
    await denies({ ...given(), ...acting({ act: { sub: 'carol' } }) }, 'actor_chain_splicing');
    await denies({ ...given(), ...acting({ act_as: { sub: 'carol' } }) }, 'actor_chain_splicing');
  });

  it('has a token that was issued to the caller or for it', async () => {
    await denies({ ...given(), ...acting({ client_id: 'other', aud: 'other' }) }, 'actor_not_bound_to_caller');
  });

  it('has a token that is bound to no key', async () => {
    await denies({ ...given(), ...acting({ cnf: { jkt: 'x' } }) }, 'sender_constrained');
  });
});
