import { describe, it } from '@jest/globals';
import { ACCESS_TOKEN, type Claims, ID_TOKEN, OWN, startExchangeWorld } from '../exchange-world.js';
import { requestsOf, rules, type Way } from '../refusal-world.js';

const world = await startExchangeWorld(rules);

const { bob, consent, refuses, permits } = requestsOf(world);
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
    await permits(third);
    await permits({ ...consent(), ...bob({ client_id: 'other' }) });
  });

  it('lets an ID token of any audience name the actor', async () => {
    const idToken = world.token(
      { sub: 'bob', aud: 'other', client_id: undefined, scope: undefined, nonce: 'n' },
      { typ: 'JWT' },
    );
    const actor = { actor_token: idToken, actor_token_type: ID_TOKEN };
    await permits({ ...consent(), ...actor });
  });
});

describe.each<Way>(['token_exchange', 'act_as'])('whoever acts, by %s', (way) => {
  const requests = requestsOf(world, way);
  const request = (claims?: Claims) => ({ ...requests.consent(), ...requests.bob(claims) });

  it('is let where nothing is wrong', async () => {
    await requests.permits(request());
  });

  it('X4 actor_is_subject: another token of the same identity', async () => {
    await requests.refuses(request({ sub: 'alice' }), 'actor_is_subject');
  });

  it('actor_chain_splicing: an actor token that is itself delegated', async () => {
    await requests.refuses(request({ act: { sub: 'carol' } }), 'actor_chain_splicing');
    await requests.refuses(request({ act_as: { sub: 'carol' } }), 'actor_chain_splicing');
  });

  it('has a token that was issued to the caller or for it', async () => {
    await requests.refuses(request({ client_id: 'other', aud: 'other' }), 'actor_not_bound_to_caller');
  });

  it('has a token that is bound to no key', async () => {
    await requests.refuses(request({ cnf: { jkt: 'x' } }), 'sender_constrained');
  });
});
