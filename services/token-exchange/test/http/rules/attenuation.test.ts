import { describe, expect, it } from '@jest/globals';
import { TEST_START } from '@mandate/testing';
import {
  OWN,
  USERS,
  startExchangeWorld,
  type Claims,
  type ExchangeWorld,
  type FormFields,
  issuedClaims,
} from '../exchange-world.js';
import { requestsOf, rules, type Way } from '../refusal-world.js';

const world = await startExchangeWorld(rules);

const { subject, bob, consent, refuses, permits } = requestsOf(world);
describe('attenuation', () => {
  it('TX-31 TX-53 caller_not_in_audience: a token of ours that was meant for others', async () => {
    const own = { iss: OWN, client_id: 'other', aud: 'https://elsewhere.example.com' };
    await refuses(subject(own), 'caller_not_in_audience');
    await permits(subject({ ...own, aud: ['x', 'gateway'] }));
    await permits(subject({ ...own, iss: USERS }));
  });

  it.each([
    ['X1 scope_not_allowed: more than the subject token has', 'read', 'read write'],
    ['TX-38 scope_not_allowed: an access token without scopes passes none on', undefined, 'read'],
    ['scope_not_allowed: more than the policy grants', 'read admin', 'admin'],
  ])('%s', async (_case, tokenScope, scope) => {
    await refuses({ ...subject({ scope: tokenScope }), scope }, 'scope_not_allowed', 'invalid_scope');
  });

  it('scope_ceiling_empty: nothing that the policy grants is within the ceiling', async () => {
    await refuses(subject({ scope: 'print' }), 'scope_ceiling_empty', 'invalid_scope');
    await refuses(subject({ scope: undefined }), 'scope_ceiling_empty', 'invalid_scope');
    await refuses({ ...subject({ scope: 'print' }), narrow: 'true' }, 'scope_ceiling_empty', 'invalid_scope');
  });

  it('TX-68 answers an over-ask before the policy runs, even where the policy would deny', async () => {
    // Without the rule that lifts the scope ceiling, so that an over-ask never reaches the policy.
    const strict = requestsOf(await startExchangeWorld(rules.filter(({ id }) => id !== 'lifted')));
    const fields = { ...strict.subject({}), resource: 'https://closed.example.com/', scope: 'admin' };
    await strict.refuses(fields, 'scope_not_allowed', 'invalid_scope');
  });

  it('TX-39 gives everything allowed when no scope is asked', async () => {
    const answer = await world.exchange(subject({ scope: 'write admin read' }));
    expect(String(answer.body['scope']).split(' ').sort()).toEqual(['read', 'write']);
  });

  it('GR-09 gives the same scopes in whatever order they are asked', async () => {
    const scopes = async (scope: string) =>
      String((await world.exchange({ scope })).body['scope'])
        .split(' ')
        .sort();
    expect(await scopes('read write')).toEqual(await scopes('write read'));
  });

  it('reduces the scopes with narrow=true, but not to nothing', async () => {
    const answer = await world.exchange({ scope: 'read admin', narrow: 'true' });
    expect(answer.body['scope']).toBe('read');
    await refuses({ scope: 'admin', narrow: 'true' }, 'scope_not_allowed', 'invalid_scope');
  });

  it('lets a rule translate scopes with scopeCeiling: policy', async () => {
    const answer = await world.exchange({ resource: 'urn:lifted', scope: 'admin' });
    expect(answer.body['scope']).toBe('admin');
  });

  it('X3 never outlives the subject token, the actor token, the policy or the configuration', async () => {
    const lifetime = async (fields: FormFields) => (await world.exchange(fields)).body['expires_in'];
    expect(await lifetime({})).toBe(120);
    expect(await lifetime(subject({ exp: TEST_START + 50 }))).toBe(50);
    expect(await lifetime({ ...consent(), ...bob({ exp: TEST_START + 40 }) })).toBe(40);
    expect(await lifetime({ resource: 'urn:client-as-actor', ...subject({ exp: TEST_START + 9000 }) })).toBe(3600);
  });

  it('token_unacceptable: a token larger than any verifier takes is not issued', async () => {
    await refuses(subject({ sub: 'a'.repeat(8_000) }), 'token_unacceptable');
    await permits(subject({ sub: 'a'.repeat(2_000) }));
  });

  it('lifetime_exhausted: the subject token ends while the request is decided', async () => {
    const other: ExchangeWorld = await startExchangeWorld(
      rules,
      {},
      {
        revocations: {
          revoke: () => Promise.resolve(),
          isAnyRevoked() {
            other.clock.advance(1);
            return Promise.resolve(false);
          },
        },
      },
    );
    const fields = { subject_token: other.token({ exp: TEST_START + 1 }) };
    expect((await other.explain(fields)).body).toMatchObject({ verdict: 'deny', reason: 'lifetime_exhausted' });
    other.clock.advance(-1);
    expect(await other.exchange(fields)).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
  });
});

describe.each<Way>(['user_assertion', 'act_as'])("attenuation without the subject's token, by %s", (way) => {
  const requests = requestsOf(world, way);
  const request = (scope: string, claims: Claims = {}): FormFields =>
    way === 'act_as'
      ? { ...requests.bob(claims), scope: `act_as:alice ${scope}` }
      : { ...requests.subject(claims), scope };
  const WIDE = { scope: 'read admin', exp: TEST_START + 9000 };

  it('scope_not_allowed: more than the policy grants, whatever the assertion has', async () => {
    await requests.refuses(request('read admin', WIDE), 'scope_not_allowed', 'invalid_scope');
    await requests.refuses({ ...request('admin', WIDE), narrow: 'true' }, 'scope_not_allowed', 'invalid_scope');
  });

  it('reduces the scopes with narrow=true to those that the policy grants', async () => {
    const answer = await world.exchange({ ...request('read admin', { scope: 'read admin' }), narrow: 'true' });
    expect(answer).toMatchObject({ status: 200, body: { scope: 'read' } });
  });

  it('no_policy_applies: all of several targets, or none', async () => {
    const resource = way === 'act_as' ? ['urn:act-as', 'urn:else'] : ['https://images.example.com/', 'urn:else'];
    await requests.refuses({ ...request('read'), resource }, 'no_policy_applies', 'invalid_target');
  });

  it('X3 never outlives the assertion, the policy or the configuration', async () => {
    const lifetime = async (claims: Claims) => (await world.exchange(request('read', claims))).body['expires_in'];
    expect(await lifetime({ exp: TEST_START + 50 })).toBe(50);
    expect(await lifetime({ exp: TEST_START + 9000 })).toBe(way === 'act_as' ? 3600 : 120);
  });

  it('takes neither the audience nor a claim of the assertion along', async () => {
    const claims = issuedClaims(await world.exchange(request('read', { tier: 'gold', aud: 'gateway' })));
    expect(claims['aud']).toBe(way === 'act_as' ? 'act-as' : 'https://images.example.com');
    expect(claims).not.toHaveProperty('tier');
  });
});
