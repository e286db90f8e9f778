import { constants } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { findProgram, type RealPart } from '@mandate/testing';

const root = resolve(import.meta.dirname, '../..');
const directory = join(root, '.data/clients');

/** A program of one of the folders here; the address is the command that runs it, as JSON. */
function program(name: string, command: (env: NodeJS.ProcessEnv) => Promise<string[] | undefined>): RealPart {
  return {
    name: `the client in ${name}`,
    addressVariable: `TEST_CLIENT_${name.toUpperCase().replaceAll('-', '_')}`,
    ways: [
      {
        name: `test/clients/prepare`,
        async start(env) {
          const line = await command(env);
          return line && { address: JSON.stringify(line), stop: () => Promise.resolve() };
        },
      },
    ],
    advice: `Run test/clients/prepare ${name}.`,
  };
}

const isThere = (path: string): Promise<boolean> =>
  access(path, constants.R_OK).then(
    () => true,
    () => false,
  );

/** Go: go-oidc and golang.org/x/oauth2. */
export const goOidc = program('go-oidc', async () => {
  const binary = join(directory, 'go-oidc');
  return (await isThere(binary)) ? [binary] : undefined;
});

/** Python: Authlib, PyJWT and requests-oauthlib. */
export const python = program('python', async () => {
  const ready = await isThere(join(directory, 'python/ready'));
  return ready ? [join(directory, 'python/bin/python'), join(root, 'test/clients/python/main.py')] : undefined;
});

/** Java: Spring Security. */
export const spring = program('spring', async (env) => {
  const java = await findProgram('java', env);
  if (java === undefined || !(await isThere(join(directory, 'spring/Main.class')))) return undefined;
  const classpath = await readFile(join(directory, 'spring/classpath'), 'utf8');
  return [java, '-cp', `${join(directory, 'spring')}:${classpath.trim()}`, 'Main'];
});
