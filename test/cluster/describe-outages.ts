import { describe, expect } from '@jest/globals';
import { exchangeCall, tokenCall } from './calls.js';
import { diagnosedIt } from './diagnosed.js';
import { NAMESPACE, type Pod, podsOf } from './pods.js';
import { until } from './until.js';
import { INSIDE, servicePods, type World } from './world.js';

/** Longer than the liveness probe of base/pod.yaml takes to give up; `TEST_OUTAGE_SECONDS` makes it longer. */
const OUTAGE_SECONDS = Number(process.env['TEST_OUTAGE_SECONDS'] ?? '60');

interface Asked {
  world: World;
  pod: Pod;
}

async function management({ world, pod }: Asked, path: string): Promise<{ status: number; text: string }> {
  const url = `http://${pod.ip}:9090${path}`;
  return world.inPod.send({ method: 'GET', url, headers: {}, body: '' });
}

/** Each container of ours: which one it is, and how often it was restarted. */
async function serviceContainers({ kubectl }: World): Promise<string[]> {
  const pods = await servicePods(kubectl);
  const own = (pod: Pod) => pod.containers.filter(({ name }) => name === 'service');
  return pods.flatMap((pod) => own(pod).map(({ id, restarts }) => `${pod.name} ${id} ${restarts}`)).sort();
}

/** Goes on asking for as long as the outage lasts. */
async function throughout(ask: () => Promise<void>): Promise<void> {
  const startMs = performance.now();
  await until(`${OUTAGE_SECONDS} s are over`, async () => {
    await ask();
    return performance.now() - startMs > OUTAGE_SECONDS * 1000;
  });
}

/** Redis away: nothing is restarted, readiness says so, no verdict is made up. */
export function describeRedisOutage(world: () => World): void {
  const it = diagnosedIt(world);
  const scaleRedis = async (replicas: number): Promise<void> => {
    await world().kubectl.run(['-n', NAMESPACE, 'scale', 'deployment/redis', `--replicas=${replicas}`]);
  };

  describe('Redis away', () => {
    it('no pod is restarted, those that need it are not ready, answers are 503, tokens are issued; then all is well', async () => {
      const token = await world().tokenOf('alice', 'read');
      const caller = await world().tokenOf('bob', 'introspect');
      const containers = await serviceContainers(world());
      const dependents = (await servicePods(world().kubectl)).filter(({ name }) => name.startsWith('token-'));
      const validators = dependents.filter(({ name }) => name.startsWith('token-validation'));
      const introspections = async (): Promise<number[]> => {
        const at = ({ ip }: Pod) => ({ ...INSIDE, 'token-validation': `http://${ip}:8080` });
        const call = (pod: Pod) => tokenCall(at(pod), 'introspect', { token, caller });
        return Promise.all(validators.map(async (pod) => (await world().inPod.send(call(pod))).status));
      };
      await scaleRedis(0);
      await until('those that need it are not ready', async () => {
        const pods = (await servicePods(world().kubectl)).filter(({ name }) => name.startsWith('token-'));
        return pods.every(({ ready }) => !ready);
      });
      await throughout(async () => {
        expect(await introspections()).toEqual(validators.map(() => 503));
        for (const pod of dependents) {
          expect(await management({ world: world(), pod }, '/livez')).toMatchObject({ status: 200 });
          const { status, text } = await management({ world: world(), pod }, '/readyz?verbose');
          expect({ status, answer: JSON.parse(text) as unknown }).toMatchObject({
            status: 503,
            answer: { status: 'not ready', parts: { redis: { ready: false } } },
          });
        }
        await world().tokenOf('alice', 'read');
      });
      await scaleRedis(1);
      const back = await until('introspection is back', async () =>
        (await introspections()).every((one) => one === 200),
      );
      world().figure(`Redis away for ${OUTAGE_SECONDS} s, then right after`, `${back.toFixed(1)} s`);
      await world().settle();
      expect(await serviceContainers(world())).toEqual(containers);
    });
  });
}

/** OPA hung in every pod, however often its own probe restarts it. */
export function describeOpaOutage(world: () => World): void {
  const it = diagnosedIt(world);

  describe('OPA hung', () => {
    it('no service is restarted, /readyz?verbose says so, nobody decides in its place; then all is well', async () => {
      const alice = await world().tokenOf('alice', 'read');
      const tokens = {
        bob: await world().tokenOf('bob', 'exchange'),
        mallory: await world().tokenOf('mallory', 'exchange'),
      };
      const containers = await serviceContainers(world());
      const pods = async () => (await podsOf(world().kubectl, 'token-exchange')).filter(({ ending }) => !ending);
      const status = async ({ ip }: Pod, caller: string): Promise<number> => {
        const at = { ...INSIDE, 'token-exchange': `http://${ip}:8080` };
        return (await world().inPod.send(exchangeCall(at, { subject: alice, caller }))).status;
      };
      const statuses = new Set<number>();
      const readinessTexts = new Set<string>();
      await throughout(async () => {
        for (const pod of await pods()) {
          // Between its restarts there is none to stop.
          await world().inPod.signal(pod, 'opa', 'SIGSTOP');
          statuses.add(await status(pod, tokens.bob));
          expect([400, 503]).toContain(await status(pod, tokens.mallory));
          expect(await management({ world: world(), pod }, '/livez')).toMatchObject({ status: 200 });
          const { status: ready, text } = await management({ world: world(), pod }, '/readyz?verbose');
          readinessTexts.add(`${pod.name}: ${ready} ${(JSON.parse(text) as { status: string }).status}`);
        }
      });
      const names = (await pods()).map(({ name }) => name);
      expect([...readinessTexts]).toEqual(expect.arrayContaining(names.map((name) => `${name}: 200 degraded`)));
      expect([...readinessTexts].filter((one) => !/: 200 (degraded|ready)$/.test(one))).toEqual([]);
      expect(statuses).toContain(503);
      expect([...statuses].filter((one) => one !== 503 && one !== 200)).toEqual([]);
      for (const pod of await pods()) await world().inPod.signal(pod, 'opa', 'SIGCONT');
      const back = await until('Bob may again', async () => {
        const statuses = await Promise.all((await pods()).map((pod) => status(pod, tokens.bob)));
        return statuses.every((one) => one === 200);
      });
      world().figure(`OPA hung for ${OUTAGE_SECONDS} s, then right after`, `${back.toFixed(1)} s`);
      await world().settle();
      expect(await serviceContainers(world())).toEqual(containers);
    });
  });
}
