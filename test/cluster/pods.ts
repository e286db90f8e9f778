import { z } from 'zod';
import type { Kubectl } from './kubectl.js';

export const NAMESPACE = 'mandate';
export const SERVICES = ['authentication', 'token-validation', 'token-exchange'] as const;

const containerStatus = z.looseObject({
  name: z.string(),
  ready: z.boolean(),
  restartCount: z.number(),
  containerID: z.string().default(''),
});

const podList = z.object({
  items: z.array(
    z.looseObject({
      metadata: z.looseObject({
        name: z.string(),
        uid: z.string(),
        creationTimestamp: z.string(),
        deletionTimestamp: z.string().optional(),
      }),
      spec: z.looseObject({ nodeName: z.string().default('') }),
      status: z.looseObject({
        podIP: z.string().default(''),
        conditions: z
          .array(z.looseObject({ type: z.string(), status: z.string(), lastTransitionTime: z.string() }))
          .default([]),
        containerStatuses: z.array(containerStatus).default([]),
        initContainerStatuses: z.array(containerStatus).default([]),
      }),
    }),
  ),
});

/** What the tests look at in a pod. */
export interface Pod {
  name: string;
  uid: string;
  node: string;
  ip: string;
  ready: boolean;
  /** From the API server's acceptance to the first `Ready`, in whole seconds. */
  readySeconds: number;
  ending: boolean;
  containers: { name: string; id: string; restarts: number }[];
}

/** The pods of one app, those that are ending included. */
export async function podsOf(kubectl: Kubectl, app: string): Promise<Pod[]> {
  const { items } = await kubectl.get(podList, ['-n', NAMESPACE, 'pods', '-l', `app.kubernetes.io/name=${app}`]);
  return items.map(({ metadata, spec, status }) => {
    const ready = status.conditions.find(({ type }) => type === 'Ready');
    const sinceCreation = Date.parse(ready?.lastTransitionTime ?? '') - Date.parse(metadata.creationTimestamp);
    const containers = [...status.containerStatuses, ...status.initContainerStatuses];
    return {
      name: metadata.name,
      uid: metadata.uid,
      node: spec.nodeName,
      ip: status.podIP,
      ready: ready?.status === 'True',
      readySeconds: sinceCreation / 1000,
      ending: metadata.deletionTimestamp !== undefined,
      containers: containers.map(({ name, containerID, restartCount }) => ({
        name,
        restarts: restartCount,
        id: containerID.replace(/^.*:\/\//, ''),
      })),
    };
  });
}
