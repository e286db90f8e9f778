import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { generateSigningJwks, writeSecret } from './generate-keys.js';

// npm run dev: the three services from source on their local ports, restarted when a file they import changes. Each has
// its own key, made once under .data/development, and the verifiers trust both issuers by config/development.

const root = resolve(import.meta.dirname, '..');
const config = join(root, 'config/development');
const keys = join(root, '.data/development');

interface DevelopmentService {
  name: string;
  port: number;
  colour: number;
  env: Record<string, string>;
}

const clients = { CLIENT_CREDENTIALS_JSON_PATH: join(config, 'clients.json') };
const trust = { TRUSTED_ISSUERS_FILE: join(config, 'trusted-issuers.local.json') };
const signingSettings = (name: string): Record<string, string> => ({
  TOKEN_SIGNATURE_JWKS_FILE: join(keys, `${name}.jwks.json`),
});

const services: DevelopmentService[] = [
  {
    name: 'authentication',
    port: 18080,
    colour: 36,
    env: {
      ...signingSettings('authentication'),
      ...clients,
      ACT_AS_EXCHANGE_URL: 'http://127.0.0.1:38080/oauth2/token',
    },
  },
  { name: 'token-validation', port: 28080, colour: 33, env: trust },
  {
    name: 'token-exchange',
    port: 38080,
    colour: 35,
    env: {
      ...signingSettings('token-exchange'),
      ...trust,
      ...clients,
      EXCHANGE_POLICY_JSON_CONFIG_PATH: join(config, 'policy.json'),
      // Whose `bob` the bare names in policy.json mean.
      DEFAULT_ACTOR_ISSUERS: 'http://127.0.0.1:18080',
      // Whose `test1` is acted as.
      ACT_AS_SUBJECT_ISSUER: 'http://127.0.0.1:18080',
    },
  },
];

function start({ name, port, colour, env }: DevelopmentService): ChildProcess {
  const tsx = join(root, 'node_modules/tsx/dist/cli.mjs');
  const entry = join(root, 'services', name, 'src/main.ts');
  const child = spawn(process.execPath, [tsx, 'watch', '--clear-screen=false', '--conditions=mandate-source', entry], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    // What the shell sets wins, so that a variable can be tried without editing this file; but the addresses are fixed.
    env: {
      SHUTDOWN_DRAIN_SECONDS: '0',
      ...env,
      ...process.env,
      PORT: String(port),
      MANAGEMENT_PORT: String(port + 1000),
      TOKEN_ISSUER: `http://127.0.0.1:${port}`,
    },
  });
  const label = `${name.padEnd(16)} | `;
  const prefix = process.stdout.isTTY ? `\u001b[${colour}m${label}\u001b[0m` : label;
  for (const output of [child.stdout, child.stderr]) printLines(output, prefix);
  return child;
}

function printLines(output: Readable, prefix: string): void {
  createInterface({ input: output }).on('line', (line) => process.stdout.write(`${prefix}${line}\n`));
}

await mkdir(keys, { recursive: true, mode: 0o700 });
for (const name of ['authentication', 'token-exchange']) {
  await writeSecret(join(keys, `${name}.jwks.json`), await generateSigningJwks());
}
const children = services.map(start);
// A terminal's Ctrl-C reaches the children by itself; a signal to this process alone must be passed on.
const stopAll = (): void => children.forEach((child) => void child.kill('SIGTERM'));
process.on('SIGINT', stopAll).on('SIGTERM', stopAll);
