import { describe, expect, it } from '@jest/globals';
import { readFileSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { z } from 'zod';
import { SERVICES, docker, imageOf, inspectImage } from './docker.js';
import { readImageFiles } from './image-files.js';
import { installedPackages, reachedPackages } from './installed-packages.js';

const root = resolve(import.meta.dirname, '../..');
const { version } = z
  .looseObject({ version: z.string() })
  .parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));

/** Programs with which a person who broke in would go on. */
const PROGRAMS = /^(sh|bash|dash|ash|busybox|npm|npx|corepack|yarn|apt|apt-get|dpkg|apk|curl|wget|perl|python3?|tar)$/;

/** What client stores are asked with: one that takes more than this is to be installed by whoever needs it. */
const DRIVERS = ['ldapts', 'mongodb', 'cassandra-driver'];
const DRIVER_BYTES = 5_000_000;

/** The bytes of the packages that would not be there without a dependency of ours. */
function bytesOf(app: string, service: string, dependency: string): number {
  const own = realpathSync(join(app, 'node_modules', dependency));
  const start = join(app, 'services', service);
  const otherPackages = reachedPackages(start, new Set([own]));
  const ownPackages = reachedPackages(start).filter((path) => path === own || !otherPackages.includes(path));
  const files = ownPackages.flatMap((path) =>
    readdirSync(path, { recursive: true, encoding: 'utf8' }).map((name) => join(path, name)),
  );
  // A package within another is counted with that.
  return [...new Set(files)].reduce((sum, path) => sum + (statSync(path).isFile() ? statSync(path).size : 0), 0);
}

describe.each(SERVICES)('the image of %s', (service) => {
  it('says what it is, and starts its service as a numbered user that is not root', async () => {
    const { Size, Config } = await inspectImage(imageOf(service));
    process.stdout.write(`${service}: ${(Size / 1e6).toFixed(0)} MB\n`);
    expect(Config).toMatchObject({
      User: '65532:65532',
      Cmd: ['node', `services/${service}/dist/main.js`],
      StopSignal: 'SIGTERM',
      ExposedPorts: { '8080/tcp': {}, '9090/tcp': {} },
    });
    expect(Config.Entrypoint ?? []).toEqual([]);
    expect(Config.Healthcheck.Test.slice(0, 3)).toEqual(['CMD', 'node', '-e']);
    expect(Config.Labels).toMatchObject({
      'org.opencontainers.image.title': `mandate-${service}`,
      'org.opencontainers.image.licenses': 'Apache-2.0',
      'org.opencontainers.image.version': version,
      'org.opencontainers.image.revision': expect.stringMatching(/^[0-9a-f]{40}$/),
      'org.opencontainers.image.base.name': expect.stringMatching(/./),
    });
  });

  it('has no shell to start', async () => {
    await expect(docker('run', '--rm', '--network=none', imageOf(service), 'sh', '-c', 'true')).rejects.toThrow(
      'executable file not found',
    );
  });

  it('runs as that user, who can write to nothing of the service', async () => {
    const program = `
      const tried = (path) => { try { require('node:fs').writeFileSync(path, ''); return 'written' } catch ({ code }) { return code } };
      console.log(process.getuid(), process.getgid(), tried('/app/new'), tried('services/${service}/dist/main.js'))`;
    expect(await docker('run', '--rm', '--network=none', imageOf(service), 'node', '-e', program)).toBe(
      '65532 65532 EACCES EACCES',
    );
  });

  it('starts with its modules compiled', async () => {
    const program = `
      const { spawnSync } = require('node:child_process');
      const env = { ...process.env, NODE_DEBUG_NATIVE: 'COMPILE_CACHE' };
      const { stderr } = spawnSync('node', ['services/${service}/dist/main.js', '--version'], { env });
      const count = (pattern) => stderr.toString().match(pattern)?.length ?? 0;
      console.log(count(/code cache for \\S+ (file:\\S+|\\S+) was accepted/g), count(/not initialized|mismatch|rejected/g))`;
    const [accepted, missed] = (
      await docker('run', '--rm', '--network=none', imageOf(service), 'node', '-e', program)
    ).split(' ');
    expect(Number(accepted)).toBeGreaterThan(300);
    expect(Number(missed)).toBe(0);
  });

  it('loads no driver of a client store before one is named', async () => {
    const program = `
      const seen = [];
      require('node:module').registerHooks({
        resolve: (specifier, context, next) => {
          const found = next(specifier, context);
          seen.push(/node_modules\\/([^/]+)\\//.exec(found.url)?.[1]);
          return found;
        },
      });
      import('/app/services/${service}/dist/index.js').then(() => console.log(JSON.stringify(seen)));`;
    const output = await docker('run', '--rm', '--network=none', imageOf(service), 'node', '-e', program);
    const modules = z.array(z.string().nullable()).parse(JSON.parse(output));
    expect(modules).toContain('express');
    expect(modules.filter((name) => DRIVERS.some((driver) => driver === name))).toEqual([]);
  });
});

describe.each(SERVICES)('the files of the image of %s', (service) => {
  const imageFiles = readImageFiles(imageOf(service));

  it('are no shell, package manager or other program besides Node.js', async () => {
    const { files } = await imageFiles;
    expect(files.map(({ path }) => path)).toContain('nodejs/bin/node');
    expect(files.filter(({ path }) => PROGRAMS.test(basename(path)))).toEqual([]);
  });

  it('belong to root, are writable by nobody else, and give nobody rights', async () => {
    const files = (await imageFiles).files.filter(({ mode, path }) => path.startsWith('app/') && !mode.startsWith('l'));
    expect(files.length).toBeGreaterThan(100);
    expect(files.filter(({ mode, owner }) => owner !== '0/0' || mode[5] === 'w' || mode[8] === 'w')).toEqual([]);
    expect((await imageFiles).files.filter(({ mode }) => /^.{3}s|^.{6}s/.test(mode))).toEqual([]);
  });

  it('are of one service, compiled, without sources, tests, type declarations and source maps', async () => {
    const { app, files } = await imageFiles;
    expect(readdirSync(join(app, 'services'))).toEqual([service]);
    expect(readdirSync(app).sort()).toEqual(['compiled', 'node_modules', 'packages', 'services']);
    expect(files.filter(({ path }) => /\.([cm]?ts|map|tsbuildinfo)$/.test(path))).toEqual([]);
    const sources = files.filter(({ path }) => /^app\/(packages|services)\/[^/]+\/(src|test)\//.test(path));
    expect(sources).toEqual([]);
  });

  it('are of the packages that the service needs at run time, and of no other', async () => {
    const { app } = await imageFiles;
    const reachable = reachedPackages(join(app, 'services', service)).map((path) => relative(app, path));
    const packages = installedPackages(app).map((path) => relative(app, path));
    expect(reachable).toContain('node_modules/express');
    expect(packages.filter((path) => !reachable.includes(path))).toEqual([`services/${service}`]);
  });

  it('have drivers of client stores that are small enough to be in every image', async () => {
    const { app } = await imageFiles;
    const sizes = DRIVERS.map((driver) => ({ driver, bytes: bytesOf(app, service, driver) }));
    for (const { driver, bytes } of sizes)
      process.stdout.write(`${service}: ${driver} ${(bytes / 1e6).toFixed(2)} MB\n`);
    expect(sizes.filter(({ bytes }) => bytes === 0 || bytes > DRIVER_BYTES)).toEqual([]);
  });
});
