import { z } from 'zod';

/** What every Kubernetes object has; the rest stays as it is. */
export const kubernetesObject = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string().optional(),
    labels: z.record(z.string(), z.string()).default({}),
  }),
});

export type KubernetesObject = z.output<typeof kubernetesObject>;

const probe = z.looseObject({
  httpGet: z.strictObject({ path: z.string(), port: z.string() }),
  periodSeconds: z.number(),
  failureThreshold: z.number(),
});

const container = z.looseObject({
  name: z.string(),
  image: z.string(),
  command: z.array(z.string()),
  env: z.array(z.strictObject({ name: z.string(), value: z.string() })),
  ports: z.array(z.strictObject({ name: z.string(), containerPort: z.number() })),
  startupProbe: probe,
  livenessProbe: probe,
  readinessProbe: probe,
  lifecycle: z.strictObject({ preStop: z.strictObject({ sleep: z.strictObject({ seconds: z.number() }) }) }),
  resources: z.strictObject({
    requests: z.strictObject({ cpu: z.string(), memory: z.string() }),
    limits: z.looseObject({ memory: z.string() }),
  }),
  securityContext: z.unknown(),
  volumeMounts: z.array(z.strictObject({ name: z.string(), mountPath: z.string(), readOnly: z.literal(true) })),
});

const volume = z.looseObject({
  name: z.string(),
  secret: z.looseObject({ secretName: z.string(), defaultMode: z.number() }).optional(),
  configMap: z.looseObject({ name: z.string() }).optional(),
});

const podSpec = z.looseObject({
  automountServiceAccountToken: z.boolean(),
  enableServiceLinks: z.boolean(),
  serviceAccountName: z.string(),
  terminationGracePeriodSeconds: z.number(),
  securityContext: z.unknown(),
  topologySpreadConstraints: z.array(
    z.looseObject({
      topologyKey: z.string(),
      maxSkew: z.number(),
      whenUnsatisfiable: z.enum(['ScheduleAnyway', 'DoNotSchedule']),
      nodeTaintsPolicy: z.enum(['Honor', 'Ignore']).default('Ignore'),
      labelSelector: z.strictObject({ matchLabels: z.record(z.string(), z.string()) }),
    }),
  ),
  containers: z.tuple([container]),
  // Nothing but the sidecar of policy-opa.
  initContainers: z.tuple([z.looseObject({ name: z.literal('opa'), restartPolicy: z.literal('Always') })]).optional(),
  volumes: z.array(volume),
});

/** Any Deployment, ours or not. */
export const anyDeployment = kubernetesObject.extend({
  kind: z.literal('Deployment'),
  spec: z.looseObject({
    replicas: z.number().optional(),
    strategy: z.looseObject({ type: z.string() }),
    template: z.strictObject({
      metadata: z.strictObject({ labels: z.record(z.string(), z.string()) }),
      spec: z.looseObject({
        securityContext: z.unknown(),
        serviceAccountName: z.string(),
        initContainers: z.unknown().optional(),
        containers: z.tuple([
          z.looseObject({
            command: z.array(z.string()),
            image: z.string(),
            securityContext: z.unknown(),
            resources: container.shape.resources,
            volumeMounts: z.array(z.looseObject({ name: z.string(), mountPath: z.string() })),
          }),
        ]),
        volumes: z.array(volume),
      }),
    }),
  }),
});

/** A Deployment of one of our services, with everything that such a one must say; what is missing fails the parsing. */
export const deployment = kubernetesObject.extend({
  kind: z.literal('Deployment'),
  spec: z.looseObject({
    /** Absent where a HorizontalPodAutoscaler says how many. */
    replicas: z.number().optional(),
    selector: z.strictObject({ matchLabels: z.record(z.string(), z.string()) }),
    template: z.strictObject({
      metadata: z.strictObject({ labels: z.record(z.string(), z.string()) }),
      spec: podSpec,
    }),
  }),
});

export type Deployment = z.output<typeof deployment>;

const labels = z.record(z.string(), z.string());

/** An object that selects pods by labels: a Service directly, a PodDisruptionBudget by `matchLabels`. */
export const selectorObject = kubernetesObject.extend({
  spec: z.looseObject({
    selector: z.union([z.strictObject({ matchLabels: labels }).transform(({ matchLabels }) => matchLabels), labels]),
  }),
});

const networkPeer = z.strictObject({
  namespaceSelector: z.strictObject({ matchLabels: labels }).optional(),
  podSelector: z.strictObject({ matchLabels: labels }).optional(),
  ipBlock: z.strictObject({ cidr: z.string(), except: z.array(z.string()).default([]) }).optional(),
});
const ports = z.array(z.strictObject({ protocol: z.string(), port: z.union([z.string(), z.number()]) }));

/** A NetworkPolicy whose peers are selected by labels. */
export const networkPolicy = kubernetesObject.extend({
  kind: z.literal('NetworkPolicy'),
  spec: z.strictObject({
    podSelector: z.looseObject({
      matchLabels: labels.optional(),
      matchExpressions: z
        .array(z.strictObject({ key: z.string(), operator: z.literal('In'), values: z.array(z.string()) }))
        .optional(),
    }),
    policyTypes: z.array(z.enum(['Ingress', 'Egress'])),
    ingress: z.array(z.strictObject({ from: z.array(networkPeer), ports })).optional(),
    egress: z
      .array(
        z.strictObject({
          // absent: to anywhere
          to: z.array(networkPeer).default([]),
          ports,
        }),
      )
      .optional(),
  }),
});

export type NetworkPolicy = z.output<typeof networkPolicy>;

/** Whether a policy is about a pod with these labels. */
export function selects({ spec }: NetworkPolicy, podLabels: Readonly<Record<string, string>>): boolean {
  const { matchLabels = {}, matchExpressions = [] } = spec.podSelector;
  return (
    Object.entries(matchLabels).every(([key, value]) => podLabels[key] === value) &&
    matchExpressions.every(({ key, values }) => values.includes(podLabels[key] ?? ''))
  );
}

/** A ConfigMap or Secret with its text. */
export const keyedText = kubernetesObject.extend({ data: z.record(z.string(), z.string()) });

/** The security context of a pod that has no root and no privilege, and of each container in it. */
export const RESTRICTED_POD = {
  runAsNonRoot: true,
  runAsUser: 65532,
  runAsGroup: 65532,
  fsGroup: 65532,
  seccompProfile: { type: 'RuntimeDefault' },
};
export const RESTRICTED_CONTAINER = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
};
