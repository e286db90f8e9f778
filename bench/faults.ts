import { mkdtempSync, rmSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '@mandate/service-kit';
import { startOnLoopback } from '@mandate/service-kit/testing';
import { compose, tokenExchangeConfig } from '@mandate/token-exchange';
import { FAULTS, type FaultyServer, type Mode, startFaultyServer } from './faulty-server.js';
import { createForms } from './workloads.js';
import { basic, CLIENT, createWorld, ISSUER, TARGETS } from './world.js';

// npm run bench:faults: how long an exchange takes to be answered when the policy server fails, for each way to fail.
// Requests come one after the other. After each failure one request is answered and not counted, so that the circuit
// stays closed; the last row is an open one.

const REQUESTS = Number(process.argv[2] ?? 10);
const FAILURES_THAT_OPEN = 5;
const clock = (): number => Math.floor(Date.now() / 1000);

const json = (body: unknown): RequestListener => {
  return (_request, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
  };
};
const amPermit = {
  resource: TARGETS.direct,
  actions: { GRANT: true },
  advices: {},
  ttl: 2 ** 53,
  attributes: { aud: ['images'], scp: ['read'], uid: ['alice'] },
};

interface Backend {
  name: string;
  answer: RequestListener;
  env: (origin: string) => Record<string, string>;
}

const BACKENDS: readonly Backend[] = [
  {
    name: 'opa',
    answer: json({ result: true }),
    env: (origin) => ({
      TOKEN_EXCHANGE_POLICIES: 'opa',
      EXCHANGE_POLICY_OPA_URL: `${origin}/v1/data/exchange/match`,
    }),
  },
  {
    name: 'openam',
    answer: (request, response) =>
      json(request.url?.includes('evaluate') ? [amPermit] : { tokenId: 'session', realm: '/' })(request, response),
    env: (origin) => ({
      TOKEN_EXCHANGE_POLICIES: 'openam',
      EXCHANGE_OPENAM_AUTH_URL: `${origin}/json/authenticate`,
      EXCHANGE_OPENAM_AUTH_SUBJECT_ID: 'policy',
      EXCHANGE_OPENAM_AUTH_SUBJECT_PASSWORD: 'policy-password',
      EXCHANGE_OPENAM_POLICY_URL: `${origin}/json/realms/root/policies`,
    }),
  },
];

const WORKLOAD = { name: 'exchange', operation: 'exchange', alg: 'ES256', tokens: 'again', contenders: [] } as const;

/** Starts token-exchange with the defaults of its variables; `ask` exchanges once and returns milliseconds. */
async function startExchange(env: Record<string, string>) {
  const folder = mkdtempSync(join(tmpdir(), 'mandate-bench-'));
  const world = createWorld(folder);
  const config = readConfig(tokenExchangeConfig, {
    env: {
      TOKEN_ISSUER: ISSUER,
      AUDIT_SINK: 'off',
      RATE_LIMIT: 'off',
      TOKEN_SIGNATURE_JWKS_FILE: world.keys('ES256'),
      TRUSTED_ISSUERS_FILE: world.issuers,
      CLIENT_CREDENTIALS_JSON_PATH: world.clients(1),
      ...env,
    },
  });
  const service = await startOnLoopback(async (runtime) => [await compose(config, runtime)], { clock });
  const body = new URLSearchParams(createForms(WORKLOAD, world, 1)[0]);
  const headers = { authorization: basic(CLIENT) };
  return {
    async ask(expectedStatus: number): Promise<number> {
      const startMs = performance.now();
      const init = { method: 'POST', body, headers };
      const response = await fetch(`${service.publicUrl}/service/tokensts`, init);
      await response.arrayBuffer();
      if (response.status !== expectedStatus)
        throw new Error(`answered ${response.status} instead of ${expectedStatus}`);
      return performance.now() - startMs;
    },
    isOpen: async () =>
      /^upstream_circuit_open\{.*\} 1$/m.test(await (await fetch(`${service.managementUrl}/metrics`)).text()),
    async close() {
      await service.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

type Exchange = Awaited<ReturnType<typeof startExchange>>;

async function timesOf(mode: Mode, exchange: Exchange, server: FaultyServer): Promise<number[]> {
  const times: number[] = [];
  while (times.length < REQUESTS) {
    await server.is(mode);
    times.push(await exchange.ask(mode === 'ok' ? 200 : 503));
    await server.is('ok');
    await exchange.ask(200);
  }
  return times;
}

async function timesOfOpenCircuit(exchange: Exchange, server: FaultyServer): Promise<number[]> {
  await server.is('refused');
  for (let failure = 0; failure < FAILURES_THAT_OPEN; failure++) await exchange.ask(503);
  const times: number[] = [];
  while (times.length < REQUESTS) times.push(await exchange.ask(503));
  if (!(await exchange.isOpen())) throw new Error('the circuit is not open');
  return times;
}

function row(backend: string, mode: string, times: readonly number[]): string {
  const sorted = [...times].sort((a, b) => a - b);
  const [median = 0, worst = 0] = [sorted[Math.floor(sorted.length / 2)], sorted.at(-1)];
  const status = mode === 'ok' ? 200 : 503;
  return `| ${backend} | ${mode} | ${status} | ${median.toFixed(1)} | ${worst.toFixed(1)} |\n`;
}

process.stdout.write('| backend | the server | answer | median ms | worst ms |\n|---|---|---|---|---|\n');
for (const { name, answer, env } of BACKENDS) {
  const server = await startFaultyServer(answer);
  const exchange = await startExchange(env(server.origin));
  for (let warm = 0; warm < 100; warm++) await exchange.ask(200);
  for (const mode of ['ok', ...FAULTS] as const) {
    process.stdout.write(row(name, mode, await timesOf(mode, exchange, server)));
  }
  process.stdout.write(row(name, 'circuit open', await timesOfOpenCircuit(exchange, server)));
  await exchange.close();
  await server.close();
}
process.exit();
