import { execFile } from 'node:child_process';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { testDirectory } from '@mandate/testing';
import { PHONE_PATCHES } from './phone.js';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '../..');
const OVERLAYS = ['json', 'opa', 'jwt', 'openam'] as const;
/** Every overlay that the suite applies. */
export type OverlayName = (typeof OVERLAYS)[number];

/** A copy of k8s/ with secrets, as a person has it who is about to apply it. */
export interface TestedOverlays {
  /** The client secrets, by client id. */
  secrets: Record<string, string>;
  /** The folder to `kubectl apply -k`: the overlay with our images, and outside.yaml. */
  folder(name: OverlayName): string;
  read(name: OverlayName, file: string): Promise<string>;
  write(name: OverlayName, file: string, text: string): Promise<void>;
  /** The same in every overlay. */
  writeSecret(file: string, text: string): Promise<void>;
}

/** What the images of a run are called: `REPOSITORY/authentication:TAG` and so on. */
export interface Images {
  repository: string;
  tag: string;
}

export function imageOf({ repository, tag }: Images, name: string): string {
  return `${repository}/${name}:${tag}`;
}

/** Copies the manifests and makes the secrets with `npm run k8s:secrets`, the same for all overlays. */
export async function createTestedOverlays(images: Images): Promise<TestedOverlays> {
  const directory = testDirectory();
  const own = (name: OverlayName): string => join(directory, 'k8s/overlays', name);
  const folder = (name: OverlayName): string => `${own(name)}-tested`;
  await cp(join(root, 'k8s'), join(directory, 'k8s'), {
    recursive: true,
    filter: (path) => !path.endsWith('/secrets'),
  });
  const { stdout } = await run('npm', ['run', '--silent', 'k8s:secrets', '--', own('json')], { cwd: root });
  await addShortLived(join(own('json'), 'secrets/clients.json'));
  const secretLines = [...stdout.matchAll(/^ {2}(\w+) {2}(\S+)$/gm)];
  const secrets = Object.fromEntries(secretLines.map(([, id = '', secret = '']) => [id, secret]));
  await writeFile(join(own('json'), 'secrets/openam-password'), 'of-no-account');
  for (const name of OVERLAYS) {
    if (name !== 'json') await cp(join(own('json'), 'secrets'), join(own(name), 'secrets'), { recursive: true });
    for (const file of ['outside.yaml', 'patient.yaml'])
      await cp(join(import.meta.dirname, file), join(folder(name), file));
    await writeFile(join(folder(name), 'kustomization.yaml'), kustomization(name, images));
  }
  return {
    secrets: { ...secrets, short: secrets['alice'] ?? '' },
    folder,
    read: (name, file) => readFile(join(own(name), file), 'utf8'),
    write: (name, file, text) => writeFile(join(own(name), file), text),
    async writeSecret(file, text) {
      for (const name of OVERLAYS) await writeFile(join(own(name), 'secrets', file), text);
    },
  };
}

/** A client like Alice, with tokens of twenty seconds. */
async function addShortLived(path: string): Promise<void> {
  const clients = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>[];
  const alice = clients.find(({ clientId }) => clientId === 'alice');
  await writeFile(path, JSON.stringify([...clients, { ...alice, clientId: 'short', tokenExpirationSeconds: 20 }]));
}

function kustomization(name: OverlayName, images: Images): string {
  const rename = (from: string, to: string): object => {
    const [newName, newTag] = imageOf(images, to).split(/:(?=[^:]*$)/);
    return { name: from, newName, newTag };
  };
  return JSON.stringify({
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    namespace: 'mandate',
    resources: [`../${name}`, 'outside.yaml'],
    components: ['../../components/people'],
    patches: [
      { path: 'patient.yaml', target: { kind: 'Deployment', name: '(authentication|token-.*)' } },
      ...PHONE_PATCHES,
    ],
    images: [
      ...['authentication', 'token-validation', 'token-exchange'].map((service) =>
        rename(`mandate-${service}`, service),
      ),
      rename('redis', 'redis'),
      rename('openpolicyagent/opa', 'opa'),
    ],
  });
}
