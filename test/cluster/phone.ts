import { asJavaScript, TEST_NAMESPACE } from './in-pod.js';
import type { Kubectl } from './kubectl.js';
import { NAMESPACE } from './pods.js';

const PHONE = `http://phone.${TEST_NAMESPACE}.svc.cluster.local:8080`;
/** What an operator writes beside components/people: where the app takes questions, and that authentication may reach it there. */
export const PHONE_PATCHES = [
  {
    target: { kind: 'Deployment', name: 'authentication' },
    patch: JSON.stringify({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'any' },
      spec: {
        template: {
          spec: {
            containers: [{ name: 'service', env: [{ name: 'CIBA_WEBHOOK_URL', value: `${PHONE}/questions` }] }],
          },
        },
      },
    }),
  },
  {
    target: { kind: 'NetworkPolicy', name: 'people-out' },
    patch: JSON.stringify([
      {
        op: 'replace',
        path: '/spec/egress/0',
        value: {
          to: [
            {
              namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': TEST_NAMESPACE } },
              podSelector: { matchLabels: { app: 'phone' } },
            },
          ],
          ports: [{ protocol: 'TCP', port: 8080 }],
        },
      },
    ]),
  },
];

/** scripts/phone.ts in a pod outside of the namespace of Mandate: the operator's app, with its client secret. */
export async function startPhone(
  kubectl: Kubectl,
  { image, secret }: { image: string; secret: string },
): Promise<void> {
  const env = {
    AUTHENTICATION_URL: `http://authentication.${NAMESPACE}.svc.cluster.local:8080`,
    PHONE_URL: `${PHONE}/questions`,
    PHONE_LINKS: PHONE,
    PHONE_SECRET: secret,
  };
  const container = {
    name: 'node',
    image,
    imagePullPolicy: 'IfNotPresent',
    command: ['node', '--input-type=module', '-e', await asJavaScript('scripts/phone.ts')],
    env: Object.entries(env).map(([name, value]) => ({ name, value })),
    readinessProbe: { httpGet: { path: '/readyz', port: 8080 }, periodSeconds: 1 },
  };
  const metadata = { name: 'phone', labels: { app: 'phone' } };
  const items = [
    { apiVersion: 'v1', kind: 'Pod', metadata, spec: { terminationGracePeriodSeconds: 0, containers: [container] } },
    { apiVersion: 'v1', kind: 'Service', metadata, spec: { selector: { app: 'phone' }, ports: [{ port: 8080 }] } },
  ];
  const at = ['-n', TEST_NAMESPACE];
  await kubectl.run([...at, 'apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  await kubectl.run([...at, 'wait', '--for=condition=Ready', 'pod/phone', '--timeout=180s']);
}

/** The links of what was asked, the newest last. */
export async function linksFor(kubectl: Kubectl, person: string): Promise<string[]> {
  const log = await kubectl.run(['-n', TEST_NAMESPACE, 'logs', 'phone']);
  const questions = log
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { asked: string; link: string });
  return questions.filter(({ asked }) => asked === person).map(({ link }) => link);
}
