import { describe, expect } from '@jest/globals';
import { exchangeCall, JWT } from './calls.js';
import { diagnosedIt } from './diagnosed.js';
import { send, servicePods, type World } from './world.js';
import { walkThrough } from './walk-through.js';

/** Overlays applied to what the one before has left, and asked from outside and from a pod. */
export function describeOverlays(world: () => World): void {
  const it = diagnosedIt(world);
  const apply = async (name: 'openam' | 'jwt' | 'json'): Promise<void> => {
    const startMs = performance.now();
    await world().apply(name);
    world().figure(`overlay ${name} applied, all ready`, `${((performance.now() - startMs) / 1000).toFixed(1)} s`);
  };

  describe('an overlay', () => {
    it('openam: without its AM pods are ready, and an exchange is 503, never a permit', async () => {
      await apply('openam');
      const subject = await world().tokenOf('alice', 'read');
      const caller = await world().tokenOf('bob', 'exchange');
      const { status, text } = await send(exchangeCall(world().outside(), { subject, caller }));
      expect({ status, answer: JSON.parse(text) as unknown }).toMatchObject({
        status: 503,
        answer: { error: 'temporarily_unavailable' },
      });
      expect((await servicePods(world().kubectl)).map(({ ready }) => ready)).not.toContain(false);
    });

    it('jwt: re-signs for Bob, who may introspect, and not for Mallory', async () => {
      await apply('jwt');
      const subject = await world().tokenOf('alice', 'read');
      const inPlace = { requested_token_type: JWT, actor_token: '', actor_token_type: '', resource: '' };
      const exchange = async (client: string, scope: string): Promise<number> => {
        const caller = await world().tokenOf(client, scope);
        return (await send(exchangeCall(world().outside(), { subject, caller }, inPlace))).status;
      };
      expect(await exchange('bob', 'exchange introspect')).toBe(200);
      expect(await exchange('mallory', 'exchange')).toBe(400);
    });

    it('json: a delegation from Alice to Bob and none to Mallory, from outside and from a pod', async () => {
      await apply('json');
      await walkThrough(world());
    });
  });
}
