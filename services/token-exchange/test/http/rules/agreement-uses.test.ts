import { describe, expect, it } from '@jest/globals';
import { createMemoryDelegationStore } from '@mandate/delegations';
import { UpstreamError } from '@mandate/ports';
import { TEST_START, fixedClock } from '@mandate/testing';
import {
  actorFields,
  type ExchangeWorld,
  type FormFields,
  imagesRule,
  issuedClaims,
  OWN,
  startExchangeWorld,
} from '../exchange-world.js';
import { expectRefusal } from '../refusal-world.js';
import { agreedToken, bob, PHOTOS } from './agreed-token.js';

const rules = [imagesRule];

describe('uses of a delegation (section 10)', () => {
  const recorded = (world: ExchangeWorld, uses: number) =>
    world.delegations.record({
      id: 'delegation-1',
      subject: { iss: OWN, sub: 'alice' },
      actor: { sub: 'bob' },
      clientId: 'gateway',
      scopes: ['read'],
      locations: [PHOTOS],
      created: TEST_START,
      until: TEST_START + 600,
      uses,
      used: 0,
      origin: 'ciba',
    });
  const asked = (world: ExchangeWorld, fields: FormFields = {}): FormFields => ({
    subject_token: agreedToken(world, { uses: 2 }),
    ...bob(world),
    ...fields,
  });
  const used = async (world: ExchangeWorld) => (await world.delegations.find('delegation-1'))?.used;

  it('delegation_used_up: after as many exchanges as were agreed to, those of a derived token counted as well', async () => {
    const actor = (sub: string) => ({ iss: OWN, sub });
    const onward = { audience: 'gateway', scopes: ['read'], allowedActors: [actor('bob'), actor('carol')] };
    const world = await startExchangeWorld([{ ...onward, patterns: [PHOTOS] }]);
    await recorded(world, 2);
    const first = await world.exchange(asked(world));
    expect([first.status, await used(world)]).toEqual([200, 1]);
    const subject_token = String(first.body['access_token']);
    const further = { subject_token, ...actorFields(world, actor('carol')) };
    const second = await world.exchange(further);
    expect(issuedClaims(second)['act']).toMatchObject({ sub: 'carol', act: { sub: 'bob' } });
    expect(await used(world)).toBe(2);
    await expectRefusal(world, asked(world), { reason: 'delegation_used_up' });
    await expectRefusal(world, further, { reason: 'delegation_used_up' });
    expect(await used(world)).toBe(2);
    await world.close();
  });

  it('spends nothing on what is refused, nor on an explanation', async () => {
    const world = await startExchangeWorld(rules);
    await recorded(world, 2);
    await world.exchange(asked(world, { scope: 'write' }));
    await world.exchange(asked(world, { resource: 'urn:printing', scope: 'read' }));
    expect((await world.explain(asked(world))).body).toMatchObject({ verdict: 'permit' });
    expect(await used(world)).toBe(0);
    await world.close();
  });

  it('permits no more of fifty at once than were agreed to', async () => {
    const world = await startExchangeWorld(rules, { RATE_LIMIT: 'off' });
    await recorded(world, 2);
    const answers = await Promise.all(Array.from({ length: 50 }, () => world.exchange(asked(world))));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(2);
    expect(await used(world)).toBe(2);
    await world.close();
  });

  it('delegation_ended: one that was ended, or that nobody has recorded, whatever the token says', async () => {
    const world = await startExchangeWorld(rules);
    await expectRefusal(world, asked(world), { reason: 'delegation_ended' });
    await recorded(world, 2);
    await world.delegations.end('delegation-1');
    await expectRefusal(world, asked(world), { reason: 'delegation_ended' });
    await world.close();
  });

  it('TX-70 is 503 when the store cannot tell, and asks it nothing where uses are not counted', async () => {
    const broken = () => Promise.reject(new UpstreamError('redis', 'timeout'));
    const memory = createMemoryDelegationStore({ clock: fixedClock() });
    const world = await startExchangeWorld(rules, {}, { delegations: { ...memory, spend: broken, find: broken } });
    expect(await world.exchange(asked(world))).toMatchObject({
      status: 503,
      body: { error: 'temporarily_unavailable' },
    });
    expect((await world.explain(asked(world))).body).toMatchObject({ verdict: 'error', reason: 'dependency_failed' });
    expect((await world.exchange({ subject_token: agreedToken(world), ...bob(world) })).status).toBe(200);
    await world.close();
  });
});
