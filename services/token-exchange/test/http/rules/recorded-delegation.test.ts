import { beforeEach, describe, expect, it } from '@jest/globals';
import { type DelegationQuery, createMemoryDelegationStore } from '@mandate/delegations';
import { UpstreamError } from '@mandate/ports';
import { TEST_START, fixedClock } from '@mandate/testing';
import {
  type Claims,
  type ExchangeWorld,
  identifierOf,
  IMAGES,
  imagesRule,
  issuedClaims,
  issuedToken,
  OWN,
  ruleAt,
  startExchangeWorld,
  UNAVAILABLE,
  USERS,
  WEAK,
} from '../exchange-world.js';
import { expectRefusal } from '../refusal-world.js';
import { PHOTOS, agreedToken, bob } from './agreed-token.js';

const onward = ruleAt('onward', { audience: 'gateway', clientAsActor: true });
const allowedActors = ['bob', 'carol', ...['bob', 'gateway'].map((sub) => ({ iss: OWN, sub }))];
const rules = [imagesRule, onward].map((rule) => ({ ...rule, allowedActors }));
const ALL = { DELEGATION_RECORDS: 'all' };

let world: ExchangeWorld;
beforeEach(async () => {
  world = await startExchangeWorld(rules, ALL);
});

/** Alice's token of another issuer, the same whenever it is asked for. */
const alicesToken = (claims: Claims = {}) => world.token({ jti: 'of-alice', ...claims });
const withBob = (fields: object = {}) => ({
  subject_token: alicesToken(),
  scope: 'read',
  ...world.actorFields(),
  ...fields,
});
const delegations = async () => (await world.delegations.list({ clientId: 'gateway' })).delegations;

describe('DELEGATION_RECORDS=all (section 10)', () => {
  it('records what the exchange of a foreign token allows, as the grant of the token that it issues', async () => {
    const answer = await world.exchange(withBob());
    const { authGrantId, anc } = issuedClaims(answer);
    expect(await delegations()).toEqual([
      {
        id: authGrantId,
        subject: { iss: USERS, sub: 'alice' },
        actor: { iss: USERS, sub: 'bob' },
        clientId: 'gateway',
        scopes: ['read'],
        locations: [PHOTOS],
        created: TEST_START,
        until: TEST_START + 600,
        used: 0,
        origin: 'exchange',
      },
    ]);
    expect(anc).toContain(identifierOf({ iss: USERS, jti: 'of-alice' }));
    expect(world.events().find(({ event }) => event === 'exchange')).toMatchObject({
      delegation: authGrantId,
      verdict: 'permit',
    });
  });

  it('records the client where it acts itself, and as one what is asked for again', async () => {
    const own = { subject_token: alicesToken(), scope: 'read' };
    const grants = [await world.exchange(own), await world.exchange(own)].map(
      (each) => issuedClaims(each)['authGrantId'],
    );
    expect(new Set(grants).size).toBe(1);
    expect(await delegations()).toMatchObject([{ id: grants[0], actor: { clientId: 'gateway' } }]);
  });

  it('records the client of another issuer as that, and not as ours of the same id', async () => {
    const other = await startExchangeWorld(undefined, ALL);
    const theirs = other.token({ iss: WEAK, sub: 'gateway', client_id: 'gateway', scope: 'exchange' });
    const answer = await other.exchange({ subject_token: other.token() }, { authorization: `Bearer ${theirs}` });
    const listed = async (query: DelegationQuery) => (await other.delegations.list(query)).delegations;
    const id = issuedClaims(answer)['authGrantId'];
    expect(await listed({ clientId: 'gateway', clientIssuer: WEAK })).toMatchObject([
      { id, clientId: 'gateway', clientIssuer: WEAK, actor: { iss: WEAK, sub: 'gateway' } },
    ]);
    expect(await listed({ clientId: 'gateway' })).toEqual([]);
  });

  it('records one each for another actor, scope, place or token', async () => {
    await world.exchange(withBob());
    await world.exchange(withBob(world.actorFields({ sub: 'carol' })));
    await world.exchange(withBob({ scope: 'write' }));
    await world.exchange(withBob({ resource: `${IMAGES}/private` }));
    await world.exchange(withBob({ subject_token: alicesToken({ jti: 'another' }) }));
    expect(new Set((await delegations()).map(({ id }) => id)).size).toBe(5);
  });

  it('delegation_ended: what was ended is not begun again by asking again, nor extended', async () => {
    const answer = await world.exchange(withBob({ resource: 'urn:onward' }));
    const further = { subject_token: issuedToken(answer) };
    expect((await world.exchange(further)).status).toBe(200);
    const id = String(issuedClaims(answer)['authGrantId']);
    // as authentication ends one
    await world.revoke(id);
    await world.delegations.end(id);
    await expectRefusal(world, withBob({ resource: 'urn:onward' }), { reason: 'delegation_ended' });
    await expectRefusal(world, further, { reason: 'ancestor_revoked' });
    expect((await world.exchange(withBob())).status).toBe(200);
  });

  it('is the root of what is derived further, which leaves no other', async () => {
    const first = await world.exchange(withBob({ resource: 'urn:onward' }));
    const second = await world.exchange({ subject_token: issuedToken(first) });
    expect(issuedClaims(second)['authGrantId']).toBe(issuedClaims(first)['authGrantId']);
    expect(await delegations()).toHaveLength(1);
  });

  it('ends with the grant of the foreign token, whose name is not the name of the delegation', async () => {
    const subject_token = alicesToken({ authGrantId: 'of-somebody-else' });
    const answer = await world.exchange(withBob({ subject_token, resource: 'urn:onward' }));
    expect(issuedClaims(answer)['anc']).toContain('of-somebody-else');
    expect(await world.delegations.find('of-somebody-else')).toBeUndefined();
    await world.revoke('of-somebody-else');
    await expectRefusal(world, { subject_token: issuedToken(answer) }, { reason: 'ancestor_revoked' });
  });

  it('records nothing of our own tokens, of what is refused, nor of an explanation', async () => {
    expect((await world.exchange({ subject_token: world.token({ iss: OWN }) })).status).toBe(200);
    expect((await world.exchange({ subject_token: agreedToken(world), ...bob(world) })).status).toBe(200);
    expect((await world.exchange(withBob({ scope: 'admin' }))).status).toBe(400);
    const { body } = await world.explain(withBob());
    expect(body).toMatchObject({ verdict: 'permit', claims: { authGrantId: expect.any(String) } });
    expect(await delegations()).toEqual([]);
  });

  it('lasts as long as any token of an assertion may', async () => {
    const assertion = world.token(
      { exp: TEST_START + 60, aud: OWN, scope: undefined, client_id: undefined },
      { typ: 'JWT' },
    );
    expect((await world.assert({ assertion })).status).toBe(200);
    expect(await delegations()).toMatchObject([{ until: TEST_START + 60 + 3600 }]);
  });

  it('TX-70 is 503 when it cannot be recorded', async () => {
    const broken = () => Promise.reject(new UpstreamError('redis', 'timeout'));
    const memory = createMemoryDelegationStore({ clock: fixedClock() });
    const without = await startExchangeWorld(rules, ALL, { delegations: { ...memory, record: broken } });
    expect(await without.exchange()).toMatchObject(UNAVAILABLE);
  });

  it('is not the default: nothing is recorded, and a token keeps the grant of its root', async () => {
    const other = await startExchangeWorld(rules);
    const answer = await other.exchange({ subject_token: other.token({ authGrantId: 'theirs' }) });
    expect(issuedClaims(answer)['authGrantId']).toBe('theirs');
    expect(await other.delegations.list({ clientId: 'gateway' })).toEqual({ delegations: [] });
  });
});
