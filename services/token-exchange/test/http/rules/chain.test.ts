import { describe, expect, it } from '@jest/globals';
import { USERS, WEAK, issuedClaims, startExchangeWorld } from '../exchange-world.js';
import { requestsOf, rules, type Way } from '../refusal-world.js';

const world = await startExchangeWorld(rules);

const { subject, bob, refuses, permits } = requestsOf(world);
describe('the chain', () => {
  const chain = (act: unknown) => ({ ...subject({ act, may_act: { sub: 'bob' } }), ...bob() });

  it('TX-44 nests the inbound chain beneath the newest actor', async () => {
    const answer = await world.exchange(chain({ sub: 'mcp', act: { sub: 'agent', extra: 1 } }));
    expect(issuedClaims(answer)).toMatchObject({
      sub: 'alice',
      act: { sub: 'bob', act: { sub: 'mcp', act: { sub: 'agent', extra: 1 } } },
    });
  });

  it('TX-45 TX-74 chain_too_deep: beyond ACT_MAX_DEPTH, or 4 KiB', async () => {
    const three = { sub: 'c', act: { sub: 'd', act: { sub: 'e' } } };
    await permits(chain(three));
    await refuses(chain({ sub: 'x', act: three }), 'chain_too_deep');
    await refuses(chain({ sub: 'x'.repeat(5000) }), 'chain_too_deep');
  });

  it('chain_loop: an actor who has acted already', async () => {
    await refuses(chain({ sub: 'mcp', act: { sub: 'bob' } }), 'chain_loop');
    await refuses(chain({ sub: 'bob', iss: USERS }), 'chain_loop');
    await permits(chain({ sub: 'bob', iss: WEAK }));
  });
});

describe.each<Way>(['token_exchange', 'user_assertion'])('a chain that is brought along, by %s', (way) => {
  const requests = requestsOf(world, way);

  it('TX-23 X5 keeps the chain in an impersonation', async () => {
    const act = { sub: 'mcp', act: { sub: 'agent' } };
    expect(issuedClaims(await world.exchange(requests.subject({ act })))['act']).toEqual(act);
  });

  it('act_not_trusted: X8 a chain from an issuer that may not assert it', async () => {
    await requests.refuses(requests.subject({ iss: WEAK, act: { sub: 'agent' } }), 'act_not_trusted');
  });

  it.each([
    ['a string', 'agent'],
    ['without sub', {}],
    ['a nested number', { sub: 'a', act: 1 }],
    ['null', null],
  ])('act_malformed: %s', async (_name, act) => {
    await requests.refuses(requests.subject({ act }), 'act_malformed');
  });

  it.each<unknown>(['bob', {}, { sub: 1 }])('act_as as %j means nothing', async (actAs) => {
    await requests.refuses(requests.subject({ act_as: actAs }), 'act_malformed');
  });

  it('whom the subject acts as goes on with its token, from an issuer that may assert it', async () => {
    const actAs = { sub: 'test1' };
    expect(issuedClaims(await world.exchange(requests.subject({ act_as: actAs })))).toMatchObject({
      sub: 'alice',
      act_as: actAs,
    });
    await requests.refuses(requests.subject({ iss: WEAK, act_as: actAs }), 'act_not_trusted');
  });
});
