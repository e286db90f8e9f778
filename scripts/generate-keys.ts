import { writeFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';

/** A private JWKS with one new ES256 key, as `TOKEN_SIGNATURE_JWKS_FILE` wants it. */
export async function generateSigningJwks(): Promise<string> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = await exportJWK(privateKey);
  const kid = await calculateJwkThumbprint(jwk);
  return `${JSON.stringify({ keys: [{ ...jwk, kid, use: 'sig', alg: 'ES256' }] }, undefined, 2)}\n`;
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

// npm run keys:generate [-- [--group] FILE...]: without arguments the key set goes to standard output; else one is written
// to each file named, and kept where there is one. `--group` lets the file's group read it too: in a container the service
// is not the one who makes the key.
async function main(args: string[]): Promise<void> {
  const options = { group: { type: 'boolean' as const } };
  const { values, positionals: paths } = parseArgs({ args, options, allowPositionals: true });
  const mode = values.group === true ? 0o640 : 0o600;
  if (paths.length === 0) process.stdout.write(await generateSigningJwks());
  for (const path of paths) {
    const written = await writeSecret(path, await generateSigningJwks(), mode);
    process.stdout.write(`${written ? 'made' : 'kept'} ${path}\n`);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main(process.argv.slice(2));
