import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type Call, issueCall, type Origins } from './calls.js';
import { createInPod, type InPod, TEST_NAMESPACE } from './in-pod.js';
import { createKubectl, type Kubectl } from './kubectl.js';
import { NAMESPACE, podsOf, type Pod, SERVICES } from './pods.js';
import { startPhone } from './phone.js';
import {
  createTestedOverlays,
  imageOf,
  type Images,
  type OverlayName,
  type TestedOverlays,
} from './tested-overlays.js';
import { until } from './until.js';

/** The product in a cluster, and everything the tests do to it. */
export interface World {
  kubectl: Kubectl;
  overlays: TestedOverlays;
  inPod: InPod;
  /** The services at the ports of a node, the first one if none is named. */
  outside(node?: string): Origins;
  nodes: readonly Node[];
  /** Applies an overlay and waits until it has settled and nothing of the former is left. */
  apply(name: OverlayName): Promise<void>;
  /** Every Deployment as it is meant to be; former pods may still be ending. */
  settle(): Promise<void>;
  /** The access token that a client gets, from outside. */
  tokenOf(client: string, scope: string): Promise<string>;
  /** Prints a figure now, and again at the end. */
  figure(label: string, value: string): void;
  close(): Promise<void>;
}

interface Node {
  name: string;
  address: string;
}

/** The services inside the cluster. */
export const INSIDE: Origins = {
  authentication: `http://authentication.${NAMESPACE}.svc.cluster.local:8080`,
  'token-validation': `http://token-validation.${NAMESPACE}.svc.cluster.local:8080`,
  'token-exchange': `http://token-exchange.${NAMESPACE}.svc.cluster.local:8080`,
};

const SUITE_LABEL = 'mandate.dev/test-suite';
const ENVIRONMENT = z.object({
  KUBECONFIG: z.string({ error: 'KUBECONFIG names no cluster' }).min(1),
  KUBECTL: z.string().default('kubectl'),
  TEST_IMAGE_REPOSITORY: z.string().default('mandate'),
  TEST_IMAGE_TAG: z.string().default('ci'),
});

/** Opens an empty world in the cluster of KUBECONFIG. @throws Error when Mandate is there and not from this suite */
export async function openWorld(env: NodeJS.ProcessEnv): Promise<World> {
  const settings = ENVIRONMENT.parse(env);
  const kubectl = createKubectl(settings.KUBECTL);
  const images = { repository: settings.TEST_IMAGE_REPOSITORY, tag: settings.TEST_IMAGE_TAG };
  await startEmpty(kubectl);
  await startInPod(kubectl, images);
  const overlays = await createTestedOverlays(images);
  await startPhone(kubectl, { image: imageOf(images, 'authentication'), secret: overlays.secrets['phone'] ?? '' });
  const nodes = await nodesOf(kubectl);
  const figures: string[] = [];
  const ports: Partial<Record<string, number>> = {};
  const outside = (node?: string): Origins => {
    const { address } = nodes.find(({ name }) => name === node) ?? nodes[0]!;
    const at = (service: string): string => `http://${address}:${ports[service] ?? 0}`;
    const [authentication, validation, exchange] = SERVICES.map(at) as [string, string, string];
    return { authentication, 'token-validation': validation, 'token-exchange': exchange };
  };
  return {
    kubectl,
    overlays,
    nodes,
    outside,
    inPod: createInPod(kubectl),
    async apply(name) {
      await kubectl.run(['apply', '-k', overlays.folder(name)]);
      await settle(kubectl);
      // Connections of before are with pods of before, until those have gone.
      await until('the former pods are gone', async () => (await allPods(kubectl)).every(({ ending }) => !ending));
      for (const service of SERVICES) ports[service] = await nodePort(kubectl, service);
    },
    settle: () => settle(kubectl),
    async tokenOf(id, scope) {
      const call = issueCall(outside(), { id, secret: overlays.secrets[id] ?? '' }, scope);
      const { status, text } = await send(call);
      if (status !== 200) throw new Error(`no token for ${id}: ${status}`);
      return z.looseObject({ access_token: z.string() }).parse(JSON.parse(text)).access_token;
    },
    figure(label, value) {
      figures.push(`${label.padEnd(44)} ${value}`);
      process.stdout.write(`  ${figures.at(-1) ?? ''}\n`);
    },
    async close() {
      process.stdout.write(`\nFigures\n${figures.map((line) => `  ${line}\n`).join('')}\n`);
      for (const { name } of nodes) await kubectl.run(['uncordon', name]);
      await removeNamespaces(kubectl);
    },
  };
}

/** Posts from outside. */
export async function send(call: Call): Promise<{ status: number; text: string }> {
  const { url, ...init } = call;
  const answer = await fetch(url, { method: 'POST', ...init });
  return { status: answer.status, text: await answer.text() };
}

/** Pods of all three services that are not ending. */
export async function servicePods(kubectl: Kubectl): Promise<Pod[]> {
  return (await allPods(kubectl)).filter(({ name, ending }) => !ending && !name.startsWith('redis'));
}

async function allPods(kubectl: Kubectl): Promise<Pod[]> {
  return (await Promise.all(['redis', ...SERVICES].map((app) => podsOf(kubectl, app)))).flat();
}

async function startEmpty(kubectl: Kubectl): Promise<void> {
  for (const name of [NAMESPACE, TEST_NAMESPACE]) {
    const labels = await kubectl.run(['get', 'namespace', name, '--ignore-not-found', '--show-labels']);
    if (labels !== '' && !labels.includes(SUITE_LABEL))
      throw new Error(`the cluster has a namespace ${name} that is not of this suite: it is left alone`);
  }
  await removeNamespaces(kubectl);
  for (const name of [NAMESPACE, TEST_NAMESPACE]) {
    await kubectl.run(['create', 'namespace', name]);
    await kubectl.run(['label', 'namespace', name, `${SUITE_LABEL}=true`]);
  }
}

async function removeNamespaces(kubectl: Kubectl): Promise<void> {
  const names = [NAMESPACE, TEST_NAMESPACE];
  await kubectl.run(['delete', 'namespace', ...names, '--ignore-not-found', '--timeout=180s']);
}

async function startInPod(kubectl: Kubectl, images: Images): Promise<void> {
  const objects = await readFile(join(import.meta.dirname, 'in-pod.yaml'), 'utf8');
  const at = ['-n', TEST_NAMESPACE];
  await kubectl.run(['label', 'namespace', TEST_NAMESPACE, 'mandate.dev/caller=true']);
  await kubectl.run([...at, 'apply', '-f', '-'], objects.replaceAll('IMAGE', imageOf(images, 'authentication')));
  await kubectl.run([...at, 'rollout', 'status', 'daemonset/agent', '--timeout=180s']);
  await kubectl.run([...at, 'wait', '--for=condition=Ready', 'pod/caller', '--timeout=180s']);
}

async function settle(kubectl: Kubectl): Promise<void> {
  const at = ['-n', NAMESPACE];
  for (const name of ['redis', ...SERVICES])
    await kubectl.run([...at, 'rollout', 'status', `deployment/${name}`, '--timeout=300s']);
  await until('every pod is ready', async () => (await allPods(kubectl)).every(({ ending, ready }) => ready || ending));
}

const nodeList = z.object({
  items: z.array(
    z.looseObject({
      metadata: z.looseObject({ name: z.string() }),
      status: z.looseObject({ addresses: z.array(z.object({ type: z.string(), address: z.string() })) }),
    }),
  ),
});

async function nodesOf(kubectl: Kubectl): Promise<Node[]> {
  const { items } = await kubectl.get(nodeList, ['nodes']);
  return items.map(({ metadata, status }) => ({
    name: metadata.name,
    address: status.addresses.find(({ type }) => type === 'InternalIP')?.address ?? '',
  }));
}

async function nodePort(kubectl: Kubectl, service: string): Promise<number> {
  const path = 'jsonpath={.spec.ports[0].nodePort}';
  return Number(await kubectl.run(['-n', NAMESPACE, 'get', 'service', `outside-${service}`, '-o', path]));
}
