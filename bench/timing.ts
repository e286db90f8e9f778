import { createHmac, generateKeyPairSync, randomBytes, randomUUID, scryptSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type StartedService, startService } from './start-service.js';
import { basic } from './world.js';

// npm run bench:timing [SAMPLES]: whether the time of a refusal tells an unknown client from a wrong secret, or from a bad
// signature of an assertion (docs/security.md C7). Requests of both kinds in random order over one connection; Welch's t over the samples below the ninth decile of
// both together. |t| of 4.5 or more is a difference, and exit code 1.

const SAMPLES = Number(process.argv[2] ?? 4000);
const ISSUER = 'https://as.example.com';
const DISTINGUISHABLE = 4.5;
const KEPT = 0.9;
const HMAC_KEY = randomBytes(32).toString('base64url');

interface Case {
  name: string;
  scheme: string;
  samples: number;
  /** A request that proves nothing; default: a wrong secret. */
  prove?: (clientId: string) => Proof;
  /** What the known client's record has, besides its id. */
  record: object;
}

interface Proof {
  headers: Record<string, string>;
  form: Record<string, string>;
}

const secret = randomBytes(32).toString('base64url');
const cases: Case[] = [
  { name: 'none', scheme: 'none', samples: SAMPLES, record: { clientSecret: secret } },
  {
    name: 'hmac-sha256',
    scheme: 'hmac-sha256',
    samples: SAMPLES,
    record: { clientSecret: createHmac('sha256', HMAC_KEY).update(secret).digest('base64url') },
  },
  // The hash takes tens of milliseconds, and a difference of one part in ten is seen with fewer.
  { name: 'scrypt', scheme: 'scrypt', samples: Math.ceil(SAMPLES / 20), record: { clientSecret: scryptOf(secret) } },
  {
    name: 'none, by a method it has not',
    scheme: 'none',
    samples: SAMPLES,
    record: { tokenEndpointAuthMethod: 'client_secret_post', clientSecret: secret },
  },
  {
    name: 'private_key_jwt',
    scheme: 'none',
    samples: SAMPLES,
    prove: badlySigned,
    record: { tokenEndpointAuthMethod: 'private_key_jwt', jwks: { keys: [publicKey()] } },
  },
];

function publicKey(): object {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' });
}

function wrongSecret(id: string): Proof {
  const secret = randomBytes(32).toString('base64url');
  return { headers: { authorization: basic({ id, secret }) }, form: {} };
}

/** An assertion that is good but for its signature. */
function badlySigned(clientId: string): Proof {
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: clientId, sub: clientId, aud: ISSUER, iat: now, exp: now + 60, jti: randomUUID() };
  const parts = [{ alg: 'ES256', typ: 'JWT' }, claims].map((part) => Buffer.from(JSON.stringify(part)));
  const assertion = [...parts, randomBytes(64)].map((part) => part.toString('base64url')).join('.');
  const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
  return { headers: {}, form: { client_assertion_type: type, client_assertion: assertion } };
}

function scryptOf(text: string): string {
  const salt = randomBytes(16);
  const hash = scryptSync(text, salt, 32, { N: 2 ** 15, r: 8, p: 3, maxmem: 2 ** 27 });
  return `ln=15,r=8,p=3$${salt.toString('base64url')}$${hash.toString('base64url')}`;
}

const agent = new Agent({ keepAlive: true, maxSockets: 1 });

/** Milliseconds until the whole refusal of this client is here. */
function timeRefusal(url: string, proof: Proof): Promise<number> {
  const headers = { ...proof.headers, 'content-type': 'application/x-www-form-urlencoded' };
  const form = new URLSearchParams({ grant_type: 'client_credentials', ...proof.form }).toString();
  return new Promise((resolve, reject) => {
    const startMs = performance.now();
    const outgoing = request(`${url}/service/access_token`, { method: 'POST', agent, headers }, (response) => {
      response.resume().on('end', () => {
        if (response.statusCode === 401) resolve(performance.now() - startMs);
        else reject(new Error(`the benchmark got ${response.statusCode ?? 0}`));
      });
    });
    outgoing.on('error', reject);
    outgoing.end(form);
  });
}

async function startAuthentication(folder: string, { scheme, record }: Case): Promise<StartedService> {
  const clients = join(folder, 'clients.json');
  writeFileSync(clients, JSON.stringify([{ clientId: 'client-that-is-known', scopes: ['read'], ...record }]));
  const settings = {
    TOKEN_ISSUER: ISSUER,
    CLIENT_CREDENTIALS_JSON_PATH: clients,
    CLIENT_SECRET_SECURITY_SCHEME: scheme,
    CLIENT_SECRET_HMAC_KEY: HMAC_KEY,
    DEVELOPMENT_KEYS_DIRECTORY: join(folder, 'keys'),
  };
  return startService('authentication', { node: process.execPath, settings });
}

interface Moments {
  mean: number;
  variance: number;
  count: number;
}

function moments(values: readonly number[]): Moments {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, variance: squares / (values.length - 1), count: values.length };
}

function welch(a: Moments, b: Moments): number {
  return (a.mean - b.mean) / Math.sqrt(a.variance / a.count + b.variance / b.count);
}

/** Refusals of both kinds in random order; the first tenth is for the compiler and not counted. */
async function compare(
  url: string,
  { samples, prove = wrongSecret }: Case,
): Promise<{ unknown: Moments; wrong: Moments }> {
  const times = { unknown: [] as number[], wrong: [] as number[] };
  for (let count = -samples / 10; count < samples; count++) {
    const order = Math.random() < 0.5 ? (['unknown', 'wrong'] as const) : (['wrong', 'unknown'] as const);
    for (const kind of order) {
      const time = await timeRefusal(url, prove(kind === 'wrong' ? 'client-that-is-known' : 'client-of-no-record-'));
      if (count >= 0) times[kind].push(time);
    }
  }
  const together = [...times.unknown, ...times.wrong].sort((a, b) => a - b);
  const limit = together[Math.floor(together.length * KEPT)] ?? Infinity;
  const [unknown, wrong] = [times.unknown, times.wrong].map((all) => moments(all.filter((time) => time < limit)));
  if (unknown === undefined || wrong === undefined) throw new Error('nothing was measured');
  return { unknown, wrong };
}

let distinguishable = 0;
for (const one of cases) {
  const folder = mkdtempSync(join(tmpdir(), 'mandate-timing-'));
  const service = await startAuthentication(folder, one);
  try {
    const { unknown, wrong } = await compare(service.url, one);
    const t = welch(unknown, wrong);
    if (Math.abs(t) >= DISTINGUISHABLE) distinguishable += 1;
    const milliseconds = [unknown, wrong].map(({ mean }) => `${mean.toFixed(3)} ms`);
    process.stdout.write(
      `${one.name}: unknown ${milliseconds[0] ?? ''}, wrong proof ${milliseconds[1] ?? ''}, ` +
        `ratio ${(unknown.mean / wrong.mean).toFixed(4)}, t ${t.toFixed(2)} over ${unknown.count + wrong.count} samples\n`,
    );
  } finally {
    service.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
agent.destroy();
process.stdout.write(`${distinguishable} of ${cases.length} can be told apart\n`);
process.exitCode = distinguishable === 0 ? 0 : 1;
