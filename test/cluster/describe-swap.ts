import { describe, expect } from '@jest/globals';
import { diagnosedIt } from './diagnosed.js';
import { podsOf } from './pods.js';
import { reasonsOf, underLoad } from './under-load.js';
import { until } from './until.js';
import { walkThrough } from './walk-through.js';
import type { World } from './world.js';

/** What a grant of each backend says of its lifetime: so an answer shows who gave it. */
const SECONDS = { json: 120, opa: 90 };

/** From one policy backend to another by applying another overlay. */
export function describeSwap(world: () => World): void {
  const it = diagnosedIt(world);

  describe('the overlay json, then opa', () => {
    it('under load: no request fails, each answer is one of the two, and at the end all are of OPA', async () => {
      const policy = await world().overlays.read('opa', 'policy.json');
      await world().overlays.write('opa', 'policy.json', policy.replace(`${SECONDS.json}`, `${SECONDS.opa}`));
      const report = await underLoad(world(), { name: 'json to opa by overlay' }, async () => {
        await world().apply('opa');
        await until('the pods without OPA are gone', async () => {
          const pods = await podsOf(world().kubectl, 'token-exchange');
          return pods.every(({ containers }) => containers.some(({ name }) => name === 'opa'));
        });
      });
      expect(reasonsOf(report.failures)).toEqual([]);
      const lifetimes = Object.keys(report.answers).filter((answer) => answer.startsWith('exchange'));
      expect(lifetimes.sort()).toEqual([`exchange ${SECONDS.json}`, `exchange ${SECONDS.opa}`]);
      const after = await underLoad(world(), { name: 'after that' }, () => Promise.resolve());
      expect(Object.keys(after.answers)).not.toContain(`exchange ${SECONDS.json}`);
    });

    it('opa: a delegation from Alice to Bob and none to Mallory, from outside and from a pod', async () => {
      await walkThrough(world());
    });
  });
}
