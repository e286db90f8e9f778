import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import ts from 'typescript';
import type { Call } from './calls.js';
import type { LoadOptions, LoadReport } from './http-load.js';
import type { Kubectl } from './kubectl.js';
import type { Pod } from './pods.js';

/** The namespace of what the suite itself runs in the cluster. */
export const TEST_NAMESPACE = 'mandate-test';
const root = resolve(import.meta.dirname, '../..');

/** What is done from within the cluster. */
export interface InPod {
  /** Runs a script of this repository, with these variables; its output. @throws Error when it does not end with 0 */
  script(path: string, env: Record<string, string>): Promise<string>;
  send(call: Call & { method?: string }): Promise<{ status: number; text: string }>;
  startLoad(options: LoadOptions): Promise<{ stop(): Promise<LoadReport> }>;
  /** Signals every process of a container; how many there were. */
  signal(pod: Pod, container: string, signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): Promise<number>;
}

const SEND = `
const { url, ...init } = JSON.parse(process.argv[1]);
const answer = await fetch(url, { method: 'POST', ...init });
console.log(JSON.stringify({ status: answer.status, text: await answer.text() }));`;

const LOAD = `
const load = startLoad(JSON.parse(process.argv[1]));
process.stdin.resume().once('end', async () => console.log(JSON.stringify(await load.stop())));`;

const SIGNAL = `
import { readFileSync, readdirSync } from 'node:fs';
const [id, signal] = process.argv.slice(1);
let count = 0;
for (const process_ of readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name))) {
  try {
    if (!readFileSync('/proc/' + process_ + '/cgroup', 'utf8').includes(id)) continue;
    process.kill(Number(process_), signal);
    count += 1;
  } catch {}
}
console.log(count);`;

/** The pods of in-pod.yaml must be there. */
export function createInPod(kubectl: Kubectl): InPod {
  const program = (pod: string, code: string, args: readonly string[]): string[] => [
    '-n',
    TEST_NAMESPACE,
    'exec',
    '-i',
    pod,
    '--',
    'node',
    '--input-type=module',
    '-e',
    code,
    ...args,
  ];
  return {
    async script(path, env) {
      const code = `Object.assign(process.env, ${JSON.stringify(env)});\n${await asJavaScript(path)}`;
      return kubectl.run(program('caller', code, []));
    },
    async send({ body, ...call }) {
      const init = call.method === 'GET' ? call : { ...call, body };
      const output = await kubectl.run(program('caller', SEND, [JSON.stringify(init)]));
      return JSON.parse(output) as { status: number; text: string };
    },
    async startLoad(options) {
      const code = `${await asJavaScript('test/cluster/http-load.ts')}${LOAD}`;
      const { input, output } = kubectl.start(program('caller', code, [JSON.stringify(options)]));
      return {
        async stop() {
          input.end();
          return JSON.parse(await output) as LoadReport;
        },
      };
    },
    async signal(pod, container, signal) {
      const id = pod.containers.find(({ name }) => name === container)?.id ?? '';
      if (id === '') throw new Error(`${pod.name} has no container ${container} that runs`);
      const agent = await agentOn(kubectl, pod.node);
      return Number(await kubectl.run(program(agent, SIGNAL, [id, signal])));
    },
  };
}

async function agentOn(kubectl: Kubectl, node: string): Promise<string> {
  const selection = ['-l', 'app=agent', '--field-selector', `spec.nodeName=${node}`];
  return (await kubectl.run(['-n', TEST_NAMESPACE, 'get', 'pods', ...selection, '-o', 'name'])).trim();
}

/** The images may have a Node that does not read TypeScript. */
export async function asJavaScript(path: string): Promise<string> {
  const compilerOptions = { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext };
  return ts.transpileModule(await readFile(resolve(root, path), 'utf8'), { compilerOptions }).outputText;
}
