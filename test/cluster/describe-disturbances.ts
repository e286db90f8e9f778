import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import { diagnosedIt } from './diagnosed.js';
import { exchangeCall, tokenCall } from './calls.js';
import { NAMESPACE, podsOf, SERVICES, type Pod } from './pods.js';
import { reasonsOf, underLoad } from './under-load.js';
import { until } from './until.js';
import { INSIDE, send, servicePods, type World } from './world.js';

/** What a caller may see when a process dies under its request; anything else would be an answer that is wrong. */
const CUT_OFF = ['ECONNRESET', 'ECONNREFUSED', 'EPIPE'];

/** Pods, processes and nodes that go. */
export function describeDisturbances(world: () => World): void {
  const it = diagnosedIt(world);
  describe('what goes away', () => {
    let subject: string;
    let bob: string;
    /** A token of Bob that he has revoked himself; it would live for an hour. */
    let revokedClient: string;

    beforeAll(async () => {
      subject = await world().tokenOf('alice', 'read');
      bob = await world().tokenOf('bob', 'exchange introspect revoke');
      revokedClient = await world().tokenOf('bob', 'exchange');
      const { status } = await send(tokenCall(world().outside(), 'revoke', { token: revokedClient, caller: bob }));
      expect(status).toBe(200);
    });

    /** Whatever has gone, what was revoked stays revoked: at every replica of token-validation, and at token-exchange. */
    const expectRevoked = async (): Promise<void> => {
      await world().settle();
      const inactive = { status: 200, text: '{"active":false}' };
      const pods = (await servicePods(world().kubectl)).filter(({ name }) => name.startsWith('token-validation'));
      for (const { ip } of pods) {
        const call = tokenCall({ ...INSIDE, 'token-validation': `http://${ip}:8080` }, 'introspect', {
          token: revokedClient,
          caller: bob,
        });
        expect(await world().inPod.send(call)).toEqual(inactive);
      }
      const refusal = await send(exchangeCall(world().outside(), { subject, caller: revokedClient }));
      expect(refusal.status).toBe(401);
      const permit = await send(exchangeCall(world().outside(), { subject, caller: bob }));
      expect(permit.status).toBe(200);
    };

    it('a pod of each service is deleted: no request fails', async () => {
      const report = await underLoad(world(), { name: 'a pod of each service deleted' }, async () => {
        const victims = await Promise.all(SERVICES.map((service) => podsOf(world().kubectl, service)));
        const names = victims.map(([victim]) => victim!.name);
        await world().kubectl.run(['-n', NAMESPACE, 'delete', 'pod', ...names]);
        await world().settle();
      });
      expect(reasonsOf(report.failures)).toEqual([]);
      await expectRevoked();
    });

    it('a process of each service is killed: only requests that it had are lost, and the container is back', async () => {
      const victims: Pod[] = [];
      const report = await underLoad(world(), { name: 'a process of each service killed' }, async () => {
        for (const service of SERVICES) {
          const [victim] = await podsOf(world().kubectl, service);
          victims.push(victim!);
          expect(await world().inPod.signal(victim!, 'service', 'SIGKILL')).toBe(1);
        }
        await until('each was started again', async () => {
          const pods = await servicePods(world().kubectl);
          return victims.every(({ name }) => pods.some((pod) => pod.name === name && restarts(pod) > 0 && pod.ready));
        });
      });
      expect(reasonsOf(report.failures.filter(({ reason }) => !CUT_OFF.includes(reason)))).toEqual([]);
      await expectRevoked();
      const after = await underLoad(world(), { name: 'after that' }, () => Promise.resolve());
      expect(reasonsOf(after.failures)).toEqual([]);
    });

    it('the process of Redis is killed: what was revoked stays revoked', async () => {
      const [redis] = await podsOf(world().kubectl, 'redis');
      expect(await world().inPod.signal(redis!, 'redis', 'SIGKILL')).toBe(1);
      const call = tokenCall(world().outside(), 'introspect', { token: revokedClient, caller: bob });
      const answers = new Set<string>();
      const seconds = await until('introspection is back', async () => {
        const { status, text } = await send(call);
        answers.add(status === 200 ? text : String(status));
        const [now] = await podsOf(world().kubectl, 'redis');
        return status === 200 && now!.ready && now!.containers[0]!.restarts > redis!.containers[0]!.restarts;
      });
      world().figure('process of Redis killed, then right after', `${seconds.toFixed(1)} s`);
      expect([...answers].filter((answer) => answer !== '503')).toEqual(['{"active":false}']);
      await expectRevoked();
    });

    describe('a node', () => {
      let redisNode: string;
      let drainedNode: string | undefined;

      afterAll(async () => {
        if (drainedNode !== undefined) await world().kubectl.run(['uncordon', drainedNode]);
      });

      it('is drained: no request fails', async () => {
        const [redis] = await podsOf(world().kubectl, 'redis');
        redisNode = redis!.node;
        // The Redis of components/redis forgets when its pod goes (k8s/README.md): it is on the other node.
        const pods = await servicePods(world().kubectl);
        drainedNode = pods.map(({ node }) => node).find((node) => node !== redisNode);
        expect(drainedNode).toBeDefined();
        const load = { name: `a node of ${world().nodes.length} drained`, node: redisNode };
        const report = await underLoad(world(), load, async () => {
          const options = ['--ignore-daemonsets', '--delete-emptydir-data', '--force', '--timeout=300s'];
          const own = ['--pod-selector', 'app.kubernetes.io/part-of=mandate'];
          await world().kubectl.run(['drain', drainedNode!, ...options, ...own]);
          await world().settle();
        });
        const remainingPods = (await servicePods(world().kubectl)).filter(({ node }) => node === drainedNode);
        expect(remainingPods).toEqual([]);
        expect(reasonsOf(report.failures)).toEqual([]);
        await expectRevoked();
      });
    });
  });
}

function restarts({ containers }: Pod): number {
  return containers.find(({ name }) => name === 'service')?.restarts ?? 0;
}
