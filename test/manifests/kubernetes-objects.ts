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
      labelSelector: z.strictObject({ matchLabels: z.record(z.string(), z.string()) }),
    }),
  ),
  containers: z.tuple([container]),
  initContainers: z.undefined().optional(),
  volumes: z.array(volume),
});

/** A Deployment of one of our services, with everything that such a one must say; what is missing fails the parsing. */
export const deployment = kubernetesObject.extend({
  kind: z.literal('Deployment'),
  spec: z.looseObject({
    replicas: z.number(),
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
export const selecting = kubernetesObject.extend({
  spec: z.looseObject({
    selector: z.union([z.strictObject({ matchLabels: labels }).transform(({ matchLabels }) => matchLabels), labels]),
  }),
});

/** A ConfigMap or Secret with its text. */
export const keyedText = kubernetesObject.extend({ data: z.record(z.string(), z.string()) });
