import { describe, it } from '@jest/globals';
import { TEST_START } from '@mandate/testing';
import { ACCESS_TOKEN, ID_TOKEN, JWT, startExchangeWorld } from '../exchange-world.js';
import { requestsOf, rules } from '../refusal-world.js';

const world = await startExchangeWorld(rules);

const { subject, bob, consent, refuses, permits } = requestsOf(world);
describe('the tokens', () => {
  it.each([
    ['TX-13 garbage', () => ({ subject_token: 'foo' })],
    ['expired', () => subject({ exp: TEST_START - 31 })],
    ['TX-16 of an unknown issuer', () => subject({ iss: 'https://unknown.example.com' })],
    ['of an issuer whose key did not sign it', () => ({ subject_token: world.token().replace(/.{8}$/, 'AAAAAAAA') })],
    ['without a sub', () => subject({ sub: undefined })],
    ['larger than 16 KiB', () => subject({ padding: 'x'.repeat(17_000) })],
  ])('subject_token_invalid: a subject token %s', async (_name, fields) => {
    await refuses(fields(), 'subject_token_invalid');
  });

  it.each([
    ['unknown', () => ({ actor_token: 'foo', actor_token_type: ACCESS_TOKEN })],
    ['expired', () => bob({ exp: TEST_START - 31 })],
    ['without a sub', () => bob({ sub: undefined })],
  ])('TX-17 actor_token_invalid: an actor token %s', async (_name, fields) => {
    await refuses({ ...consent(), ...fields() }, 'actor_token_invalid');
  });

  it('TX-08 token_type_mismatch: an access token declared as an ID token, and the reverse', async () => {
    await refuses({ subject_token_type: ID_TOKEN }, 'token_type_mismatch');
    const idToken = world.token({ client_id: undefined, scope: undefined, nonce: 'n' }, { typ: 'JWT' });
    await refuses({ subject_token: idToken, subject_token_type: ACCESS_TOKEN }, 'token_type_mismatch');
    const actor = { actor_token: idToken, actor_token_type: ACCESS_TOKEN };
    await refuses({ ...consent(), ...actor }, 'token_type_mismatch');
  });

  it('accepts a token declared as the JWT it is', async () => {
    await permits({ subject_token_type: JWT });
  });

  it('TX-43 sender_constrained: a token bound to a key, as subject or as actor', async () => {
    const cnf = { cnf: { jkt: 'abc' } };
    await refuses(subject(cnf), 'sender_constrained');
    await refuses({ ...consent(), ...bob(cnf) }, 'sender_constrained');
  });
});
