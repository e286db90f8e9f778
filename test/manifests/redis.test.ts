import { beforeAll, expect, it } from '@jest/globals';
import {
  type NetworkPolicy,
  anyDeployment,
  networkPolicy,
  RESTRICTED_CONTAINER,
  RESTRICTED_POD,
  selects,
} from './kubernetes-objects.js';
import { type RenderedOverlay, describeRendered, overlayNames, renderOverlay } from './rendered-overlay.js';
import { SERVICE_SCHEMAS } from './service-schemas.js';

/** Production has its Redis elsewhere. */
const names = (await overlayNames()).filter((name) => name !== 'production');

function redisOf({ objects }: RenderedOverlay) {
  const object = objects.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'redis');
  const { metadata, spec } = anyDeployment.parse(object);
  const { template } = spec;
  return {
    metadata,
    spec,
    labels: template.metadata.labels,
    pod: template.spec,
    container: template.spec.containers[0],
  };
}

/** The policies about a pod, but for the denial of everything. */
function policiesAbout({ objects }: RenderedOverlay, labels: Record<string, string>): NetworkPolicy[] {
  const policies = objects.filter(({ kind }) => kind === 'NetworkPolicy').map((object) => networkPolicy.parse(object));
  return policies.filter((policy) => policy.metadata.name !== 'default-deny' && selects(policy, labels));
}

describeRendered.each(names)('Redis of overlay %s', (name) => {
  let overlay: RenderedOverlay;
  beforeAll(async () => {
    overlay = await renderOverlay(name);
  });

  it('is restricted: no root, no privilege, no capability, no write, no API token', () => {
    const { pod, container } = redisOf(overlay);
    expect(pod).toMatchObject({ automountServiceAccountToken: false, enableServiceLinks: false });
    expect(pod.securityContext).toEqual(RESTRICTED_POD);
    expect(container.securityContext).toEqual(RESTRICTED_CONTAINER);
    const secrets = pod.volumes.flatMap(({ secret }) => secret ?? []);
    expect(secrets).toEqual([{ secretName: 'redis-users', defaultMode: 0o440 }]);
  });

  it('writes to a volume of its pod alone, so that a restarted container knows all, and gives up no entry', () => {
    const { pod, container } = redisOf(overlay);
    const { command } = container;
    expect(command.join(' ')).toContain('--save  --appendonly yes --appendfsync no --dir /data');
    expect(container.volumeMounts).toContainEqual({ name: 'data', mountPath: '/data' });
    expect(pod.volumes).toContainEqual({ name: 'data', emptyDir: {} });
    expect(command.join(' ')).toContain('--maxmemory-policy noeviction');
    expect(command[command.indexOf('--aclfile') + 1]).toBe('/etc/redis/users.acl');
  });

  it('may use more memory than it fills with entries', () => {
    const { command, resources } = redisOf(overlay).container;
    const entries = Number(/^(\d+)mb$/.exec(command[command.indexOf('--maxmemory') + 1] ?? '')?.[1]);
    expect(entries).toBeGreaterThan(0);
    expect(Number(/^(\d+)Mi$/.exec(resources.limits.memory)?.[1])).toBeGreaterThanOrEqual(entries * 1.5);
  });

  it('is never there twice, with half of the revocations each', () => {
    expect(redisOf(overlay).spec).toMatchObject({ replicas: 1, strategy: { type: 'Recreate' } });
  });

  it('is probed for an answer, without a password', () => {
    const exec = { command: ['redis-cli', 'ping'] };
    const probes = { startupProbe: { exec }, livenessProbe: { exec }, readinessProbe: { exec } };
    expect(redisOf(overlay).container).toMatchObject(probes);
  });

  it('is reached by the three services alone, and reaches nothing', () => {
    const policies = policiesAbout(overlay, redisOf(overlay).labels);
    expect(policies.flatMap(({ spec }) => spec.policyTypes)).toEqual(['Ingress']);
    const from = [{ podSelector: { matchLabels: { 'app.kubernetes.io/part-of': 'mandate' } } }];
    expect(policies.flatMap(({ spec }) => spec.ingress ?? [])).toEqual([
      { from, ports: [{ protocol: 'TCP', port: 'redis' }] },
    ]);
    const pods = overlay.objects
      .filter(({ kind }) => kind === 'Deployment')
      .map((object) => anyDeployment.parse(object));
    const clients = pods.filter(({ spec }) => 'app.kubernetes.io/part-of' in spec.template.metadata.labels);
    expect(clients.map(({ metadata }) => metadata.name).sort()).toEqual(Object.keys(SERVICE_SCHEMAS).sort());
  });
});
