import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe } from '@jest/globals';
import { kubectlProgram, startRealPart, testDirectory } from '@mandate/testing';
import { parseAllDocuments } from 'yaml';
import { type KubernetesObject, kubernetesObject } from './kubernetes-objects.js';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '../..');
const kubectl = await startRealPart(kubectlProgram, process.env);

/** `describe` for suites over rendered overlays; without kubectl they are skipped. */
export const describeRendered = kubectl === undefined ? describe.skip : describe;

/** What stands in every file that only a person has: it may reach Secrets and nothing else. */
export const SECRET_CANARY = 'canary-of-a-secret-7d1f';

/** What `npm run k8s:secrets` makes, and what a person adds. */
const SECRET_FILES = [
  'authentication.jwks.json',
  'token-exchange.jwks.json',
  'clients.json',
  'redis-url',
  'redis-users.acl',
  'redis-ca.pem',
  'openam-password',
];

/** A rendered overlay: the text as kubectl gives it, and the objects in it. */
export interface RenderedOverlay {
  name: string;
  text: string;
  objects: KubernetesObject[];
}

/** The overlays under k8s/overlays. */
export async function overlayNames(): Promise<string[]> {
  return readdir(join(root, 'k8s/overlays'));
}

/** What a person changes in an overlay: components added by an overlay over it, components whose line is taken out, and the rest. */
export interface OverlayChanges {
  components?: readonly string[];
  without?: readonly string[];
  edit?: (kustomization: string) => string;
}

/**
 * Renders an overlay as `kubectl apply -k` would, with stand-ins for the files that `npm run k8s:secrets` makes.
 * @throws Error without kubectl
 */
export async function renderOverlay(
  name: string,
  { components = [], without = [], edit = (text) => text }: OverlayChanges = {},
): Promise<RenderedOverlay> {
  if (kubectl === undefined) throw new Error('rendering needs kubectl');
  const directory = testDirectory();
  const overlay = join(directory, 'k8s/overlays', name);
  await cp(join(root, 'k8s'), join(directory, 'k8s'), {
    recursive: true,
    filter: (path) => !path.endsWith('/secrets'),
  });
  await mkdir(join(overlay, 'secrets'));
  for (const file of SECRET_FILES) {
    await writeFile(join(overlay, 'secrets', file), JSON.stringify({ [SECRET_CANARY]: file }));
  }
  const kustomization = join(overlay, 'kustomization.yaml');
  const lines = edit(await readFile(kustomization, 'utf8')).split('\n');
  const kustomizationLines = lines.filter(
    (line) => !without.includes(/^ {2}- .*\/components\/([\w-]+)$/.exec(line)?.[1] ?? ''),
  );
  await writeFile(kustomization, kustomizationLines.join('\n'));
  const folder = join(directory, 'k8s/overlays/more');
  await mkdir(folder);
  const paths = components.map((component) => `../../components/${component}`);
  await writeFile(join(folder, 'kustomization.yaml'), JSON.stringify({ resources: [`../${name}`], components: paths }));
  const { stdout } = await run(kubectl.address, ['kustomize', folder], { maxBuffer: 16 * 1024 * 1024 });
  return { name: [name, ...components].join(' + '), text: stdout, objects: parseObjects(stdout) };
}

function parseObjects(text: string): KubernetesObject[] {
  return parseAllDocuments(text).map((document) => kubernetesObject.parse(document.toJS()));
}
