import { randomBytes, randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';

const PAIRS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
/** Shared secrets: only where whoever verifies may sign as well. Nothing of them is published. */
const SECRETS = ['HS256', 'HS384', 'HS512'];

/** A private JWKS with one new key, as `TOKEN_SIGNATURE_JWKS_FILE` wants it. @throws Error for another algorithm */
export async function generateSigningJwks(alg = 'ES256'): Promise<string> {
  if (![...PAIRS, ...SECRETS].includes(alg)) {
    throw new Error(`--alg ${alg}: expected one of ${[...PAIRS, ...SECRETS].join(', ')}`);
  }
  const key = SECRETS.includes(alg) ? secretKey(alg) : await privateKey(alg);
  return `${JSON.stringify({ keys: [{ ...key, use: 'sig', alg }] }, undefined, 2)}\n`;
}

async function privateKey(alg: string): Promise<JWK> {
  const pair = await generateKeyPair(alg, { extractable: true });
  const jwk = await exportJWK(pair.privateKey);
  return { ...jwk, kid: await calculateJwkThumbprint(jwk) };
}

/** As long as the hash (RFC 7518 section 3.2). Its name says nothing of it. */
function secretKey(alg: string): JWK {
  const k = randomBytes(Number(alg.slice(2)) / 8).toString('base64url');
  return { kty: 'oct', k, kid: randomUUID() };
}

/** Writes a file that nobody else may read. `false`: it is there already and stays as it is. */
export async function writeSecret(path: string, text: string, mode = 0o600): Promise<boolean> {
  try {
    await writeFile(path, text, { flag: 'wx', mode });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

// npm run keys:generate [-- [--alg ALG] [--group] FILE...]: without a FILE the key set goes to standard output; else one is
// written to each file named, and kept where there is one. `--alg` is RS256, RS384, RS512, PS256, PS384, PS512, ES256 (the
// default), ES384, ES512, EdDSA, or HS256, HS384, HS512, which no other party can verify. `--group` lets the file's group
// read it too: in a container the service is not the one who makes the key.
async function main(args: string[]): Promise<void> {
  const options = { alg: { type: 'string' as const }, group: { type: 'boolean' as const } };
  const { values, positionals: paths } = parseArgs({ args, options, allowPositionals: true });
  const mode = values.group === true ? 0o640 : 0o600;
  if (paths.length === 0) process.stdout.write(await generateSigningJwks(values.alg));
  for (const path of paths) {
    const isNew = await writeSecret(path, await generateSigningJwks(values.alg), mode);
    process.stdout.write(`${isNew ? 'made' : 'kept'} ${path}\n`);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await main(process.argv.slice(2)).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 64;
  });
}
