import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type KubernetesObject, anyDeployment } from './kubernetes-objects.js';
import { startKubernetesJudge } from './kubernetes-judge.js';
import { overlayNames, renderOverlay } from './rendered-overlay.js';

// A real API server and its admission chain judge what kubectl renders, and objects of others by the definitions that those
// publish. Everything happens in a namespace of its own that is removed again, and nothing but that namespace, its
// ServiceAccounts and the definitions is really created.

const judge = await startKubernetesJudge();
afterAll(() => judge?.stop());

const apply = (objects: KubernetesObject[], ...options: string[]) =>
  judge!.ask(['apply', '--server-side', '--validate=strict', ...options, '-f', '-'], objects);

const moveTo = (object: KubernetesObject, namespace: string): KubernetesObject => {
  const place = object.kind === 'Namespace' ? { name: namespace } : { namespace };
  return { ...object, metadata: { ...object.metadata, ...place } };
};

/** The pod that a Deployment would make, to be judged by Pod Security admission itself. */
const podOf = (object: KubernetesObject): KubernetesObject => {
  const { metadata, spec } = anyDeployment.parse(object);
  const { template } = spec;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...template.metadata, name: metadata.name, namespace: metadata.namespace },
    spec: template.spec,
  };
};

const success = { status: 0, complaints: '' };
const overlays = judge === undefined ? ['any'] : await overlayNames();
const describeJudged = judge === undefined ? describe.skip : describe;
const cases: [overlay: string, components: string[]][] = [
  ...overlays.map((name): [string, string[]] => [name, []]),
  ['json', ['hpa', 'gateway', 'monitoring', 'external-keys', 'people', 'people-ping']],
];

describeJudged.each(cases)('the API server on overlay %s with components %j', (name, components) => {
  const namespace = `mandate-test-${process.pid}-${name}-${components.length}`;
  let objects: KubernetesObject[] = [];

  beforeAll(async () => {
    const overlay = await renderOverlay(name, { components });
    objects = overlay.objects.map((object) => moveTo(object, namespace));
    const foundations = objects.filter(({ kind }) => kind === 'Namespace' || kind === 'ServiceAccount');
    expect(await apply(foundations)).toMatchObject(success);
  });

  afterAll(async () => {
    await judge?.ask(['delete', 'namespace', namespace, '--wait=false']);
  });

  it('accepts every object, with no unknown field and no warning', async () => {
    const answer = await apply(objects, '--dry-run=server');
    expect(answer).toMatchObject(success);
    expect(answer.output.trim().split('\n')).toHaveLength(objects.length);
  });

  it('admits the pod of every Deployment under the restricted profile', async () => {
    const pods = objects.filter(({ kind }) => kind === 'Deployment').map(podOf);
    expect(pods.length).toBeGreaterThanOrEqual(3);
    expect(await apply(pods, '--dry-run=server')).toMatchObject(success);
  });

  it('refuses such a pod as soon as it may be root, so the profile is in force', async () => {
    const [pod] = objects.filter(({ kind }) => kind === 'Deployment').map(podOf);
    const spec = { ...(pod?.['spec'] as object), securityContext: { runAsNonRoot: false } };
    const answer = await apply([{ ...pod!, spec }], '--dry-run=server');
    expect(answer.status).not.toBe(0);
    expect(answer.complaints).toContain('violates PodSecurity "restricted:latest"');
  });

  it('refuses a field that it does not know, so the validation is strict', async () => {
    const [service] = objects.filter(({ kind }) => kind === 'Service');
    const answer = await apply(
      [{ ...service!, spec: { ...(service?.['spec'] as object), sessionStickiness: true } }],
      '--dry-run=server',
    );
    expect(answer.status).not.toBe(0);
    expect(answer.complaints).toContain('sessionStickiness');
  });
});

describeJudged('the API server', () => {
  it.each(['ServiceMonitor', 'PrometheusRule', 'HTTPRoute'])('knows what a %s may say and what not', async (kind) => {
    const { objects } = await renderOverlay('json', { components: ['gateway', 'monitoring'] });
    const object = moveTo(
      objects.find((candidate) => candidate.kind === kind)!,
      'default',
    );
    expect(await apply([object], '--dry-run=server')).toMatchObject(success);
    const spec = { ...(object['spec'] as object), unheardOf: true };
    const answer = await apply([{ ...object, spec }], '--dry-run=server');
    expect(answer.status).not.toBe(0);
    expect(answer.complaints).toContain('unheardOf');
  });
});
