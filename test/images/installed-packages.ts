import { existsSync, readFileSync, readdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';

const names = z.record(z.string(), z.string()).default({});
const manifest = z.looseObject({ dependencies: names, optionalDependencies: names, peerDependencies: names });

/** The packages in every `node_modules` below a folder, as real paths. */
export function installedPackages(folder: string): string[] {
  const modules = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => join(folder, path))
    .filter((path) => path.endsWith('/node_modules'));
  const packages = modules.flatMap((path) => readdirSync(path).flatMap((name) => inScope(join(path, name))));
  // A package's own tests may bring files in a folder of this name.
  const real = packages.filter((path) => existsSync(join(path, 'package.json'))).map((path) => realpathSync(path));
  return [...new Set(real)].sort();
}

const inScope = (path: string): string[] =>
  /\/@[^/]+$/.test(path) ? readdirSync(path).map((name) => join(path, name)) : [path];

/** The packages that a package and what it depends on at run time find where Node.js looks, as real paths. */
export function reachedPackages(start: string, paths = new Set<string>()): string[] {
  const { dependencies, optionalDependencies, peerDependencies } = manifest.parse(
    JSON.parse(readFileSync(join(start, 'package.json'), 'utf8')),
  );
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })) {
    const path = resolvePackage(name, start);
    // What is only needed, and not there, fails the build at its import.
    if (path === undefined || paths.has(path)) continue;
    paths.add(path);
    reachedPackages(path, paths);
  }
  return [...paths].sort();
}

function resolvePackage(name: string, from: string): string | undefined {
  const path = join(from, 'node_modules', name);
  if (existsSync(path)) return realpathSync(path);
  const parent = dirname(from);
  return parent === from ? undefined : resolvePackage(name, parent);
}
