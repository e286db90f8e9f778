import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';

// npm run licences: what the shipped dependencies are licensed under, by the SBOM of npm (npm run sbom). Exits with 1 for
// a licence that is not on the list, or none.

const root = resolve(import.meta.dirname, '..');
const ALLOWED = ['MIT', 'ISC', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'BlueOak-1.0.0'];
/** The workspaces of this repository. */
const OURS = 'pkg:npm/%40mandate/';
const SBOM = ['sbom', '--sbom-format', 'cyclonedx', '--omit', 'dev', '--package-lock-only'];

const licence = z.union([
  z.object({ license: z.object({ id: z.string().optional(), name: z.string().optional() }) }),
  z.object({ expression: z.string() }),
]);
const sbom = z.object({
  components: z.array(
    z.object({
      name: z.string(),
      version: z.string(),
      licenses: z.array(licence).default([]),
      purl: z.string(),
    }),
  ),
});

type Component = z.output<typeof sbom>['components'][number];

function licenceOf({ licenses }: Component): string {
  const names = licenses.map((one) => ('expression' in one ? one.expression : (one.license.id ?? one.license.name)));
  return names.join(' AND ') || 'none';
}

const { stdout } = await promisify(execFile)('npm', SBOM, { cwd: root, maxBuffer: 64 * 1024 * 1024 });
const components = sbom.parse(JSON.parse(stdout)).components.filter(({ purl }) => !purl.startsWith(OURS));
const byLicence = new Map<string, string[]>();
for (const component of components) {
  const name = licenceOf(component);
  byLicence.set(name, [...(byLicence.get(name) ?? []), `${component.name}@${component.version}`]);
}
const refusals = [...byLicence].filter(([name]) => !ALLOWED.includes(name));
for (const [name, packages] of [...byLicence].sort(([, a], [, b]) => b.length - a.length)) {
  process.stdout.write(`${String(packages.length).padStart(5)}  ${name}\n`);
}
for (const [name, packages] of refusals) process.stdout.write(`not allowed: ${name}: ${packages.join(', ')}\n`);
process.stdout.write(`${components.length} packages, ${refusals.length} licences not allowed\n`);
process.exitCode = components.length > 0 && refusals.length === 0 ? 0 : 1;
