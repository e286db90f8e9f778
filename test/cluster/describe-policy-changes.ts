import { beforeAll, describe, expect } from '@jest/globals';
import { exchangeCall } from './calls.js';
import { diagnosedIt } from './diagnosed.js';
import { type Pod, podsOf } from './pods.js';
import type { OverlayName } from './tested-overlays.js';
import { until } from './until.js';
import { INSIDE, type World } from './world.js';

/** A change of the ConfigMap `policy`, applied with the overlay as a person does it. */
export function describePolicyChanges(world: () => World, overlay: OverlayName): void {
  const it = diagnosedIt(world);
  let tokens: Record<'alice' | 'bob' | 'mallory', string>;
  let pods: Pod[];

  const apply = async (policy: string): Promise<void> => {
    await world().overlays.write(overlay, 'policy.json', policy);
    await world().kubectl.run(['apply', '-k', world().overlays.folder(overlay)]);
  };
  /** The status that each replica answers an exchange by this caller with. */
  const statuses = async (caller: 'bob' | 'mallory'): Promise<number[]> => {
    const ask = async ({ ip }: Pod): Promise<number> => {
      const origins = { ...INSIDE, 'token-exchange': `http://${ip}:8080` };
      const call = exchangeCall(origins, { subject: tokens.alice, caller: tokens[caller] });
      return (await world().inPod.send(call)).status;
    };
    return Promise.all(pods.map(ask));
  };
  const untilAll = async (condition: string, ask: () => Promise<unknown[]>, expected: unknown): Promise<number> =>
    until(condition, ask, {
      ok: (answers) => Array.isArray(answers) && answers.every((answer) => answer === expected),
    });
  const management = async (path: string): Promise<{ status: number; text: string }[]> => {
    const ask = ({ ip }: Pod) => ({ method: 'GET', url: `http://${ip}:9090${path}`, headers: {}, body: '' });
    return Promise.all(pods.map((pod) => world().inPod.send(ask(pod))));
  };
  const expectUntouched = async (): Promise<void> => {
    const now = (await podsOf(world().kubectl, 'token-exchange')).filter(({ ending }) => !ending);
    const identities = (of: Pod[]): object[] => of.map(({ uid, ready, containers }) => ({ uid, ready, containers }));
    expect(identities(now)).toEqual(identities(pods));
  };

  describe(`a changed policy with the overlay ${overlay}`, () => {
    beforeAll(async () => {
      const [alice, bob, mallory] = await Promise.all([
        world().tokenOf('alice', 'read'),
        world().tokenOf('bob', 'exchange'),
        world().tokenOf('mallory', 'exchange'),
      ]);
      tokens = { alice, bob, mallory };
      pods = (await podsOf(world().kubectl, 'token-exchange')).filter(({ ending }) => !ending);
      expect(pods).toHaveLength(2);
    });

    it('decides at every replica, without a restart', async () => {
      const former = await world().overlays.read(overlay, 'policy.json');
      await apply(former.replace('"bob"', '"mallory"'));
      const seconds = await untilAll('Mallory may', () => statuses('mallory'), 200);
      world().figure(`ConfigMap to decision at every replica, ${overlay}`, `${seconds.toFixed(1)} s`);
      expect(await statuses('bob')).toEqual([400, 400]);
      await apply(former);
      await untilAll('Bob may again', () => statuses('bob'), 200);
      expect(await statuses('mallory')).toEqual([400, 400]);
      await expectUntouched();
    });

    // OPA has a log and metrics of its own.
    if (overlay !== 'json') return;

    it('that is broken leaves the last good one in force, shows in the metric and /readyz?verbose; pods stay ready', async () => {
      const former = await world().overlays.read(overlay, 'policy.json');
      await apply(former.replace('"bob"', '"mallory"').replace('"resources":', '"resources" broken'));
      const states = async (): Promise<string[]> =>
        (await management('/readyz?verbose')).map(({ status, text }) => {
          return `${status} ${(JSON.parse(text) as { status: string }).status}`;
        });
      await untilAll('the change is refused', states, '200 degraded');
      const failureCount = /file_reloads_total\{variable="EXCHANGE_POLICY_JSON_CONFIG_PATH",outcome="failure"\} [1-9]/;
      for (const { text } of await management('/metrics')) expect(text).toMatch(failureCount);
      expect(await statuses('bob')).toEqual([200, 200]);
      expect(await statuses('mallory')).toEqual([400, 400]);
      await expectUntouched();
      await apply(former);
      await untilAll('the repair is taken', states, '200 ready');
    });
  });
}
