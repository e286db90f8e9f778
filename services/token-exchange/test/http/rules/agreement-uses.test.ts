import { describe, expect, it } from '@jest/globals';
import { createMemoryDelegationStore } from '@mandate/delegations';
import { UpstreamError } from '@mandate/ports';
import { fixedClock } from '@mandate/testing';
import {
  type ExchangeWorld,
  type FormFields,
  imagesRule,
  issuedClaims,
  issuedToken,
  OWN,
  startExchangeWorld,
} from '../exchange-world.js';
import { expectRefusal } from '../refusal-world.js';
import { agreedToken, bob, PHOTOS, recordDelegation } from './agreed-token.js';

describe('uses of a delegation (section 10)', () => {
  const exchangeFields = (world: ExchangeWorld, fields: FormFields = {}): FormFields => ({
    subject_token: agreedToken(world, { uses: 2 }),
    ...bob(world),
    ...fields,
  });
  const usesOf = async (world: ExchangeWorld) => (await world.delegations.find('delegation-1'))?.used;

  it('delegation_used_up: after as many exchanges as were agreed to, those of a derived token counted as well', async () => {
    const actor = (sub: string) => ({ iss: OWN, sub });
    const onward = { audience: 'gateway', scopes: ['read'], allowedActors: [actor('bob'), actor('carol')] };
    const world = await startExchangeWorld([{ ...onward, patterns: [PHOTOS] }]);
    await recordDelegation(world, 2);
    const first = await world.exchange(exchangeFields(world));
    expect([first.status, await usesOf(world)]).toEqual([200, 1]);
    const further = { subject_token: issuedToken(first), ...world.actorFields(actor('carol')) };
    const second = await world.exchange(further);
    expect(issuedClaims(second)['act']).toMatchObject({ sub: 'carol', act: { sub: 'bob' } });
    expect(await usesOf(world)).toBe(2);
    await expectRefusal(world, exchangeFields(world), { reason: 'delegation_used_up' });
    await expectRefusal(world, further, { reason: 'delegation_used_up' });
    expect(await usesOf(world)).toBe(2);
  });

  it('spends nothing on what is refused, nor on an explanation', async () => {
    const world = await startExchangeWorld();
    await recordDelegation(world, 2);
    await world.exchange(exchangeFields(world, { scope: 'write' }));
    await world.exchange(exchangeFields(world, { resource: 'urn:printing', scope: 'read' }));
    expect((await world.explain(exchangeFields(world))).body).toMatchObject({ verdict: 'permit' });
    expect(await usesOf(world)).toBe(0);
  });

  it('permits no more of fifty at once than were agreed to', async () => {
    const world = await startExchangeWorld([imagesRule], { RATE_LIMIT: 'off' });
    await recordDelegation(world, 2);
    const answers = await Promise.all(Array.from({ length: 50 }, () => world.exchange(exchangeFields(world))));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(2);
    expect(await usesOf(world)).toBe(2);
  });

  it('delegation_ended: one that was ended, or that nobody has recorded, whatever the token says', async () => {
    const world = await startExchangeWorld();
    await expectRefusal(world, exchangeFields(world), { reason: 'delegation_ended' });
    await recordDelegation(world, 2);
    await world.delegations.end('delegation-1');
    await expectRefusal(world, exchangeFields(world), { reason: 'delegation_ended' });
  });

  it('TX-70 is 503 when the store cannot tell, and asks it nothing where uses are not counted', async () => {
    const broken = () => Promise.reject(new UpstreamError('redis', 'timeout'));
    const memory = createMemoryDelegationStore({ clock: fixedClock() });
    const world = await startExchangeWorld(
      [imagesRule],
      {},
      { delegations: { ...memory, spend: broken, find: broken } },
    );
    expect(await world.exchange(exchangeFields(world))).toMatchObject({
      status: 503,
      body: { error: 'temporarily_unavailable' },
    });
    expect((await world.explain(exchangeFields(world))).body).toMatchObject({
      verdict: 'error',
      reason: 'dependency_failed',
    });
    expect((await world.exchange({ subject_token: agreedToken(world), ...bob(world) })).status).toBe(200);
  });
});
