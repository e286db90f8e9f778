import { describe, expect } from '@jest/globals';
import { diagnosedIt } from './diagnosed.js';
import { podsOf, NAMESPACE, SERVICES } from './pods.js';
import { reasonsOf, underLoad } from './under-load.js';
import { until } from './until.js';
import type { World } from './world.js';

/** What an operator does every day, under callers that keep their connections and send nothing twice. */
export function describeRollouts(world: () => World): void {
  const it = diagnosedIt(world);
  const at = ['-n', NAMESPACE];
  const uids = async (): Promise<string[]> => {
    const pods = await Promise.all(SERVICES.map((service) => podsOf(world().kubectl, service)));
    return pods.flat().map(({ uid }) => uid);
  };

  describe('under load', () => {
    it('three rollouts of every Deployment: no request fails', async () => {
      const before = await uids();
      const report = await underLoad(world(), { name: 'rollout restart, 3 times 3 Deployments' }, async () => {
        for (let times = 0; times < 3; times += 1) {
          const deployments = SERVICES.map((service) => `deployment/${service}`);
          await world().kubectl.run([...at, 'rollout', 'restart', ...deployments]);
          await world().settle();
        }
        // Until the last of the old ones has drained and gone.
        const isReplaced = async () => (await uids()).length === before.length;
        await until('the old pods are gone', isReplaced);
      });
      expect(reasonsOf(report.failures)).toEqual([]);
      expect((await uids()).filter((uid) => before.includes(uid))).toEqual([]);
    });

    it('token-exchange from two replicas to one, to four, to one: no request fails', async () => {
      const report = await underLoad(world(), { name: 'token-exchange scaled 1, 4, 1' }, async () => {
        for (const replicas of [1, 4, 1]) {
          await world().kubectl.run([...at, 'scale', 'deployment/token-exchange', `--replicas=${replicas}`]);
          await until(`${replicas} pods`, async () => {
            const pods = await podsOf(world().kubectl, 'token-exchange');
            return pods.length === replicas && pods.every(({ ready, ending }) => ready && !ending);
          });
        }
      });
      await world().kubectl.run([...at, 'scale', 'deployment/token-exchange', '--replicas=2']);
      await world().settle();
      expect(reasonsOf(report.failures)).toEqual([]);
    });
  });
}
