import { beforeAll, expect, it } from '@jest/globals';
import { z } from 'zod';
import { deployment, kubernetesObject } from './kubernetes-objects.js';
import { type RenderedOverlay, describeRendered, overlayNames, renderOverlay } from './rendered-overlay.js';
import { SERVICE_SCHEMAS } from './service-schemas.js';

const SERVICES = Object.keys(SERVICE_SCHEMAS);

const autoscaler = kubernetesObject.extend({
  spec: z.looseObject({
    scaleTargetRef: z.strictObject({
      apiVersion: z.literal('apps/v1'),
      kind: z.literal('Deployment'),
      name: z.string(),
    }),
    minReplicas: z.number(),
    maxReplicas: z.number(),
    metrics: z.tuple([
      z.strictObject({
        type: z.literal('Resource'),
        resource: z.strictObject({
          name: z.literal('cpu'),
          target: z.strictObject({ type: z.literal('AverageValue'), averageValue: z.string().regex(/^\d+m$/) }),
        }),
      }),
    ]),
    behavior: z.looseObject({ scaleDown: z.looseObject({ stabilizationWindowSeconds: z.number() }) }),
  }),
});
const disruptionBudget = kubernetesObject.extend({
  spec: z.looseObject({ maxUnavailable: z.number(), unhealthyPodEvictionPolicy: z.literal('AlwaysAllow') }),
});

const find = ({ objects }: RenderedOverlay, wantedKind: string, name: string) =>
  objects.find(({ kind, metadata }) => kind === wantedKind && metadata.name === name);
const autoscalersOf = ({ objects }: RenderedOverlay) =>
  objects.filter(({ kind }) => kind === 'HorizontalPodAutoscaler').map((object) => autoscaler.parse(object));

/** How many pods of a service there are at the least while nothing is wrong. */
function fewestPods(overlay: RenderedOverlay, service: string): number {
  const { replicas } = deployment.parse(find(overlay, 'Deployment', service)).spec;
  const autoscaler = autoscalersOf(overlay).find(({ spec }) => spec.scaleTargetRef.name === service);
  // With both, every apply would set the number back.
  if ((replicas === undefined) === (autoscaler === undefined))
    throw new Error(`${service}: a number, or an autoscaler`);
  return replicas ?? autoscaler?.spec.minReplicas ?? 0;
}

describeRendered.each(await overlayNames())('overlay %s stays up', (name) => {
  let overlay: RenderedOverlay;
  beforeAll(async () => {
    overlay = await renderOverlay(name);
  });

  it.each(SERVICES)('%s has as many pods as it says, two at least', (service) => {
    expect(fewestPods(overlay, service)).toBeGreaterThanOrEqual(name === 'production' ? 3 : 2);
  });

  it.each(SERVICES)('a node can be drained, and pods of %s stay', (service) => {
    const { maxUnavailable } = disruptionBudget.parse(find(overlay, 'PodDisruptionBudget', service)).spec;
    expect(maxUnavailable).toBeGreaterThanOrEqual(1);
    expect(maxUnavailable).toBeLessThan(fewestPods(overlay, service));
  });

  it.each(SERVICES)('a rollout of %s makes progress and takes no pod away before its successor is ready', (service) => {
    const { spec } = deployment.parse(find(overlay, 'Deployment', service));
    const rollingUpdate = { maxSurge: 1, maxUnavailable: 0 };
    expect(spec['strategy']).toEqual({ type: 'RollingUpdate', rollingUpdate });
    // Otherwise the pods of the old version would keep those of the new one from every node.
    for (const spread of spec.template.spec.topologySpreadConstraints) {
      expect(spread).toMatchObject({ maxSkew: 1, matchLabelKeys: ['pod-template-hash'] });
      // A drained node still counts unless it is said not to, and then the last pod would wait for it.
      if (spread.whenUnsatisfiable === 'DoNotSchedule') expect(spread.nodeTaintsPolicy).toBe('Honor');
    }
  });
});

describeRendered('overlay production', () => {
  let overlay: RenderedOverlay;
  beforeAll(async () => {
    overlay = await renderOverlay('production');
  });

  it.each(SERVICES)('puts two of %s on one node only when every node has one', (service) => {
    const { topologySpreadConstraints } = deployment.parse(find(overlay, 'Deployment', service)).spec.template.spec;
    const [nodes, zones] = topologySpreadConstraints.map(({ whenUnsatisfiable }) => whenUnsatisfiable);
    expect({ nodes, zones }).toEqual({ nodes: 'DoNotSchedule', zones: 'ScheduleAnyway' });
  });

  it('scales each of the three services and nothing else, down slowly', () => {
    const autoscalers = autoscalersOf(overlay);
    expect(autoscalers.map(({ spec }) => spec.scaleTargetRef.name).sort()).toEqual([...SERVICES].sort());
    for (const { spec } of autoscalers) {
      expect(spec.maxReplicas).toBeGreaterThan(spec.minReplicas);
      expect(spec.behavior.scaleDown.stabilizationWindowSeconds).toBeGreaterThanOrEqual(300);
    }
  });

  it('may have its components on other overlays, too: json scales as well', async () => {
    const overlayWithHpa = await renderOverlay('json', { components: ['hpa'] });
    for (const service of SERVICES) expect(fewestPods(overlayWithHpa, service)).toBe(3);
  });
});
