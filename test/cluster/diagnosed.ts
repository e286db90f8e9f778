import { it } from '@jest/globals';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Kubectl } from './kubectl.js';
import { NAMESPACE } from './pods.js';
import type { World } from './world.js';

const DIRECTORY = resolve(import.meta.dirname, '../../coverage/cluster');
const SERVICE_LOGS = ['-n', NAMESPACE, 'logs', '--all-containers', '--prefix', '--ignore-errors', '--tail=-1'];

const QUESTIONS: Record<string, string[]> = {
  'pods.txt': ['get', 'pods', '--all-namespaces', '-o', 'wide'],
  'events.txt': ['get', 'events', '--all-namespaces', '--sort-by=.lastTimestamp'],
  'nodes.txt': ['describe', 'nodes'],
  'describe.txt': ['-n', NAMESPACE, 'describe', 'pods,deployments,endpointslices'],
  'services.log': [...SERVICE_LOGS, '-l', 'app.kubernetes.io/part-of=mandate'],
  'redis.log': [...SERVICE_LOGS, '-l', 'app.kubernetes.io/name=redis'],
};

/** `it`, and when it fails, what the cluster says about that: files under coverage/cluster, and the pods on the terminal. */
export function diagnosedIt(world: () => World): (name: string, test: () => Promise<void>) => void {
  return (name, test) => {
    it(name, async () => {
      try {
        await test();
      } catch (error) {
        await diagnose(world().kubectl, name.replace(/\W+/g, '-').slice(0, 40));
        throw error;
      }
    });
  };
}

async function diagnose(kubectl: Kubectl, about: string): Promise<void> {
  const directory = join(DIRECTORY, about);
  await mkdir(directory, { recursive: true });
  for (const [file, question] of Object.entries(QUESTIONS)) {
    const answer = await kubectl.run(question).catch((error: unknown) => String(error));
    await writeFile(join(directory, file), answer);
    if (file === 'pods.txt') process.stdout.write(`\n${answer}more in ${directory}\n`);
  }
}
