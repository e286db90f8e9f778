import { FileError } from '@mandate/ports';
import { generateKeyPair, randomUUID } from 'node:crypto';
import { link, mkdir, open, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { SigningKeySet } from './key-store.js';
import { parseSigningJwks } from './signing-keys.js';
import { fileProblem } from '../issuers/file-problem.js';

const generate = promisify(generateKeyPair);

export interface GeneratedKeysOptions {
  directory: string;
  /** The file is `<name>.jwks.json`; default `signing-keys`. */
  name?: string;
}

/**
 * For development: the signing keys kept in a directory, made there (ES256) when there are none. The file appears whole
 * and with mode 0600 or not at all; of several processes starting at once, one makes it and all use it.
 * @throws FileError when others may read the file, or it holds no keys.
 */
export async function loadOrGenerateKeys(options: GeneratedKeysOptions): Promise<SigningKeySet> {
  const { directory, name = 'signing-keys' } = options;
  const path = join(directory, `${name}.jwks.json`);
  if (!(await isFile(path))) await generateKeys(directory, path);
  if (((await stat(path)).mode & 0o077) !== 0 && process.platform !== 'win32') {
    throw fileProblem(path, 'may be read by others than its owner; its mode must be 0600');
  }
  try {
    return parseSigningJwks(await readFile(path, 'utf8'));
  } catch (error) {
    if (error instanceof FileError) throw fileProblem(path, error.message);
    throw error;
  }
}

async function generateKeys(directory: string, path: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const { privateKey } = await generate('ec', { namedCurve: 'P-256' });
  const jwk = { ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), use: 'sig', alg: 'ES256' };
  const temporary = `${path}.${randomUUID()}`;
  try {
    await writeDurably(temporary, `${JSON.stringify({ keys: [jwk] }, undefined, 2)}\n`);
    // Unlike rename, link never replaces the keys of a process that was quicker.
    await link(temporary, path).catch(ignore('EEXIST'));
  } finally {
    await rm(temporary, { force: true });
  }
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function isFile(path: string): Promise<boolean> {
  const found = await stat(path).catch(ignore('ENOENT'));
  return found?.isFile() === true;
}

function ignore(code: string): (error: unknown) => undefined {
  return (error) => {
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === code) return undefined;
    throw error;
  };
}
