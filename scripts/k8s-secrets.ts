import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { generateClientSecret, hashClientSecret } from '@mandate/clients';
import { parseWrittenJson } from '@mandate/ports';
import { z } from 'zod';
import { generateSigningJwks, writeSecret } from './generate-keys.js';

// npm run k8s:secrets [-- OVERLAY]: what the overlay's secretGenerator reads: a signing key for each service that signs,
// the address of its own Redis with a password, and the client records with new secrets, stored as hashes and printed once.
// What is there already stays as it is; what only a person has is named.

const clientFile = z.array(z.looseObject({ clientId: z.string(), clientSecret: z.string().optional() }));

async function main(overlay: string): Promise<void> {
  const directory = join(overlay, 'secrets');
  const kustomization = await readFile(join(overlay, 'kustomization.yaml'), 'utf8');
  const files = new Set(kustomization.match(/\bsecrets\/[\w.-]+/g));
  await mkdir(directory, { recursive: true, mode: 0o700 });
  for (const service of ['authentication', 'token-exchange']) {
    const path = join(directory, `${service}.jwks.json`);
    report(await writeSecret(path, await generateSigningJwks()), path);
  }
  if (files.has('secrets/redis-users.acl')) await writeRedisAccess(directory);
  await writeClients(join(directory, 'clients.json'));
  const names = await readdir(directory);
  const missingFiles = [...files].map((file) => basename(file)).filter((file) => !names.includes(file));
  for (const file of missingFiles) process.stdout.write(`yours to write: ${join(directory, file)}\n`);
}

async function writeClients(path: string): Promise<void> {
  const { text, secrets } = await withNewSecrets(await readFile('config/development/clients.json', 'utf8'));
  const isNew = await writeSecret(path, text);
  report(isNew, path);
  if (!isNew) return;
  process.stdout.write('\nThe client secrets, shown only now:\n');
  for (const [clientId, secret] of secrets) process.stdout.write(`  ${clientId}  ${secret}\n`);
  process.stdout.write('\n');
}

/** The two halves of one password: the services' address with it, and the account of Redis with its hash. */
async function writeRedisAccess(directory: string): Promise<void> {
  const url = join(directory, 'redis-url');
  const users = join(directory, 'redis-users.acl');
  const password = generateClientSecret();
  const isNew = await writeSecret(url, `redis://mandate:${password}@redis:6379\n`);
  report(isNew, url);
  if (!isNew) return;
  // What is left of a former password would lock the services out.
  await rm(users, { force: true });
  const hash = createHash('sha256').update(password).digest('hex');
  const account = `user mandate on #${hash} ~* +@all -@admin -@dangerous +info`;
  report(await writeSecret(users, `user default off\n${account}\n`), users);
}

async function withNewSecrets(template: string): Promise<{ text: string; secrets: [string, string][] }> {
  const clients = clientFile.parse(parseWrittenJson(template));
  const secrets: [string, string][] = [];
  const records: object[] = [];
  for (const client of clients) {
    // One that signs has its key elsewhere.
    if (client.clientSecret === undefined) {
      records.push(client);
      continue;
    }
    const secret = generateClientSecret();
    secrets.push([client.clientId, secret]);
    records.push({ ...client, clientSecret: await hashClientSecret(secret, { scheme: 'scrypt' }) });
  }
  return { text: `${JSON.stringify(records, undefined, 2)}\n`, secrets };
}

function report(isNew: boolean, path: string): void {
  process.stdout.write(`${isNew ? 'made' : 'kept'} ${path}\n`);
}

await main(process.argv[2] ?? 'k8s/overlays/json');
