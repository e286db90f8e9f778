/**
 * npm run client:hash -- --scheme scrypt|argon2id|hmac-sha256
 *
 * Reads a client secret from standard input, or generates one when there is none, and prints what a client record
 * holds for it. A generated secret is shown once, on standard error. hmac-sha256 needs the deployment's key in
 * CLIENT_SECRET_HMAC_KEY or the file that CLIENT_SECRET_HMAC_KEY_FILE names.
 */
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { generateClientSecret, hashClientSecret, type SecretScheme } from '@mandate/clients';

const SCHEMES: readonly SecretScheme[] = ['scrypt', 'argon2id', 'hmac-sha256'];

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { scheme: { type: 'string', default: 'scrypt' } } });
  const scheme = SCHEMES.find((name) => name === values.scheme);
  if (scheme === undefined) throw new Error(`--scheme is one of ${SCHEMES.join(', ')}`);
  const input = process.stdin.isTTY ? '' : (await text(process.stdin)).replace(/\r?\n$/, '');
  const secret = input === '' ? generateClientSecret() : input;
  const hash = await hashClientSecret(secret, { scheme, hmacKey: hmacKey() });
  if (input === '') process.stderr.write(`Generated secret, shown once: ${secret}\n`);
  process.stdout.write(`${hash}\n`);
}

function hmacKey(): string | undefined {
  const { CLIENT_SECRET_HMAC_KEY: key, CLIENT_SECRET_HMAC_KEY_FILE: file } = process.env;
  return key ?? (file === undefined ? undefined : readFileSync(file, 'utf8').trim());
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : 'failed'}\n`);
  process.exitCode = 64;
});
