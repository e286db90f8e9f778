import { describe, expect } from '@jest/globals';
import { z } from 'zod';
import { diagnosedIt } from './diagnosed.js';
import { NAMESPACE, podsOf, SERVICES } from './pods.js';
import { underLoad } from './under-load.js';
import { until } from './until.js';
import { servicePods, type World } from './world.js';

const summary = z.object({
  pods: z.array(
    z.looseObject({
      podRef: z.object({ name: z.string(), namespace: z.string() }),
      memory: z.object({ time: z.string(), workingSetBytes: z.number() }).optional(),
    }),
  ),
});

const nodeImages = z.object({
  items: z.array(
    z.looseObject({
      status: z.looseObject({
        images: z.array(z.object({ names: z.array(z.string()).nullish(), sizeBytes: z.number() })),
      }),
    }),
  ),
});

const MIB = 1024 * 1024;

/** What the cluster itself measures of a deployment: printed, for docs/operations.md. */
export function describeFigures(world: () => World): void {
  const it = diagnosedIt(world);
  /** Working set of each pod, measured after a moment. */
  const memory = async (after: Date): Promise<Map<string, number>> => {
    const memories = new Map<string, number>();
    for (const { name } of world().nodes) {
      const answer = await world().kubectl.run(['get', '--raw', `/api/v1/nodes/${name}/proxy/stats/summary`]);
      for (const { podRef, memory: usage } of summary.parse(JSON.parse(answer)).pods) {
        if (podRef.namespace !== NAMESPACE || usage === undefined || new Date(usage.time) < after) continue;
        memories.set(podRef.name, usage.workingSetBytes);
      }
    }
    return memories;
  };
  const measure = async (moment: string): Promise<void> => {
    const start = new Date();
    const pods = await servicePods(world().kubectl);
    let memories = new Map<string, number>();
    await until('every pod is measured', async () => {
      memories = await memory(start);
      return pods.every(({ name }) => memories.has(name));
    });
    for (const service of SERVICES) {
      const sizes = pods
        .filter(({ name }) => name.startsWith(service))
        .map(({ name }) => (memories.get(name) ?? 0) / MIB);
      world().figure(`memory ${moment}, ${service}`, sizes.map((size) => `${size.toFixed(0)} MiB`).join(', '));
      expect(Math.max(...sizes)).toBeLessThan(384);
    }
  };

  describe('a deployment', () => {
    it('starts, stays below its memory limit, idle and under load, and has images of some size', async () => {
      for (const service of SERVICES) {
        const seconds = (await podsOf(world().kubectl, service)).map(({ readySeconds }) => `${readySeconds} s`);
        world().figure(`pod created to ready, ${service}`, seconds.join(', '));
      }
      await measure('idle');
      await underLoad(world(), { name: 'load while memory is measured' }, () => measure('under load'));
      const { items } = await world().kubectl.get(nodeImages, ['nodes']);
      const images = new Map(
        items.flatMap(({ status }) => status.images).map((one) => [one.names?.at(-1), one.sizeBytes]),
      );
      for (const [name, size] of images) {
        if (/mandate\/[a-z-]+:/.test(name ?? ''))
          world().figure(`image ${name ?? ''}`, `${(size / 1e6).toFixed(1)} MB`);
      }
    });
  });
}
