import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { USERS, WEAK, issuedClaims, startExchangeWorld, type Claims, type ExchangeWorld } from '../exchange-world.js';
import { requestsOf, rules, type Way } from '../refusal-world.js';

let world: ExchangeWorld;
beforeAll(async () => {
  world = await startExchangeWorld(rules);
});
afterAll(() => world.close());

const { subject, bob, refuses } = requestsOf(() => world);
describe('the chain', () => {
  const chained = (act: unknown, claims: Claims = {}) => subject({ act, may_act: { sub: 'bob' }, ...claims });

  it('TX-44 nests the inbound chain beneath the newest actor', async () => {
    const answer = await world.exchange({ ...chained({ sub: 'mcp', act: { sub: 'agent', extra: 1 } }), ...bob() });
    expect(issuedClaims(answer)).toMatchObject({
      sub: 'alice',
      act: { sub: 'bob', act: { sub: 'mcp', act: { sub: 'agent', extra: 1 } } },
    });
  });

  it('TX-45 TX-74 chain_too_deep: beyond ACT_MAX_DEPTH, or 4 KiB', async () => {
    const three = { sub: 'c', act: { sub: 'd', act: { sub: 'e' } } };
    expect((await world.exchange({ ...chained(three), ...bob() })).status).toBe(200);
    await refuses({ ...chained({ sub: 'x', act: three }), ...bob() }, 'chain_too_deep');
    await refuses({ ...chained({ sub: 'x'.repeat(5000) }), ...bob() }, 'chain_too_deep');
  });

  it('chain_loop: an actor who has acted already', async () => {
    await refuses({ ...chained({ sub: 'mcp', act: { sub: 'bob' } }), ...bob() }, 'chain_loop');
    await refuses({ ...chained({ sub: 'bob', iss: USERS }), ...bob() }, 'chain_loop');
    expect((await world.exchange({ ...chained({ sub: 'bob', iss: WEAK }), ...bob() })).status).toBe(200);
  });
});

describe.each<Way>(['token_exchange', 'user_assertion'])('a chain that is brought along, by %s', (way) => {
  const { subject: spoken, refuses: denies } = requestsOf(() => world, way);

  it('TX-23 X5 keeps the chain in an impersonation', async () => {
    const act = { sub: 'mcp', act: { sub: 'agent' } };
    expect(issuedClaims(await world.exchange(spoken({ act })))['act']).toEqual(act);
  });

  it('act_not_trusted: X8 a chain from an issuer that may not assert it', async () => {
    await denies(spoken({ iss: WEAK, act: { sub: 'agent' } }), 'act_not_trusted');
  });

  it.each([
    ['a string', 'agent'],
    ['without sub', {}],
    ['a nested number', { sub: 'a', act: 1 }],
    ['null', null],
  ])('act_malformed: %s', async (_name, act) => {
    await denies(spoken({ act }), 'act_malformed');
  });

  it.each<unknown>(['bob', {}, { sub: 1 }])('act_as as %j means nothing', async (actAs) => {
    await denies(spoken({ act_as: actAs }), 'act_malformed');
  });

  it('whom the subject acts as goes on with its token, from an issuer that may assert it', async () => {
    const actAs = { sub: 'test1' };
    expect(issuedClaims(await world.exchange(spoken({ act_as: actAs })))).toMatchObject({
      sub: 'alice',
      act_as: actAs,
    });
    await denies(spoken({ iss: WEAK, act_as: actAs }), 'act_not_trusted');
  });
});
