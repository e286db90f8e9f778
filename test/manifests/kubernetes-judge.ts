import { spawn } from 'node:child_process';
import { join } from 'node:path';
import {
  gatewayApiDefinitions,
  kubectlProgram,
  kubernetesApi,
  prometheusOperatorDefinitions,
  startRealPart,
} from '@mandate/testing';
import type { KubernetesObject } from './kubernetes-objects.js';

/** What kubectl came to. */
export interface Answer {
  status: number | null;
  output: string;
  complaints: string;
}

/** A real API server and its admission chain, and kubectl to ask it. */
export interface KubernetesJudge {
  kubectl: string;
  kubeconfig: string;
  /** Runs kubectl; objects, if any, go to its standard input. */
  ask(args: readonly string[], objects?: readonly KubernetesObject[]): Promise<Answer>;
  stop(): Promise<void>;
}

/**
 * Starts an API server that also knows the objects of others which our components have, by the definitions that those publish.
 * `undefined`, with a printed reason, where this machine has not what it takes.
 */
export async function startKubernetesJudge(env: NodeJS.ProcessEnv = process.env): Promise<KubernetesJudge | undefined> {
  const kubectl = await startRealPart(kubectlProgram, env);
  const prometheus = await startRealPart(prometheusOperatorDefinitions, env);
  const gateway = await startRealPart(gatewayApiDefinitions, env);
  const api = await startRealPart(kubernetesApi, env);
  if (kubectl === undefined || prometheus === undefined || gateway === undefined || api === undefined) {
    await api?.stop();
    return undefined;
  }
  const ask: KubernetesJudge['ask'] = (args, objects) =>
    run(kubectl.address, ['--kubeconfig', api.address, ...args], objects);
  await define(ask, [
    join(prometheus.address, 'monitoring.coreos.com_servicemonitors.yaml'),
    join(prometheus.address, 'monitoring.coreos.com_prometheusrules.yaml'),
    join(gateway.address, 'gateway.networking.k8s.io_httproutes.yaml'),
  ]);
  return { kubectl: kubectl.address, kubeconfig: api.address, ask, stop: () => api.stop() };
}

async function define(ask: KubernetesJudge['ask'], definitions: readonly string[]): Promise<void> {
  const files = definitions.flatMap((file) => ['-f', file]);
  for (const args of [
    ['apply', '--server-side'],
    ['wait', '--for=condition=Established', '--timeout=60s'],
  ]) {
    const { status, complaints } = await ask([...args, ...files]);
    if (status !== 0) throw new Error(complaints);
  }
}

async function run(program: string, args: string[], objects?: readonly KubernetesObject[]): Promise<Answer> {
  const child = spawn(program, args);
  const answer: Answer = { status: null, output: '', complaints: '' };
  child.stdout.on('data', (chunk: Buffer) => (answer.output += chunk.toString('utf8')));
  child.stderr.on('data', (chunk: Buffer) => (answer.complaints += chunk.toString('utf8')));
  child.stdin.end(objects && JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
  answer.status = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  return answer;
}
