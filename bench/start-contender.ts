import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePorts } from '../packages/testing/src/free-ports.js';
import type { Algorithm } from './sign-token.js';
import { residentBytes } from './start-service.js';
import { ISSUER, type World } from './world.js';

const root = resolve(import.meta.dirname, '..');
const READY_MS = 60_000;

export type ContenderName = 'floor' | 'peer' | 'mandate';

/** A server in a process of its own, whose standard output is read. */
export interface Contender {
  name: ContenderName;
  /** Its column: the name, and how it is set up where that is measured. */
  label: string;
  url: string;
  /** CPU time of all threads so far, microseconds. */
  cpuMicros(): number;
  residentBytes(): number;
  /** Lines of standard output so far. */
  lines(): number;
  /** CPU time from the start of the process until it answered, microseconds. */
  startMicros: number;
  stop(): Promise<void>;
}

export interface ContenderOptions {
  node: string;
  world: World;
  alg?: Algorithm;
  rules?: number;
  clients?: number;
  label?: string;
  /** Variables of Mandate beyond the usual. */
  settings?: Record<string, string>;
}

/** Starts one and waits until it answers. */
export async function startContender(name: ContenderName, options: ContenderOptions): Promise<Contender> {
  const [port, managementPort] = (await freePorts(2)).map(String);
  const url = `http://127.0.0.1:${port ?? ''}`;
  const { args, env } = name === 'mandate' ? mandate(options, String(managementPort)) : program(name, options);
  const child = spawn(options.node, args, {
    cwd: root,
    env: { ...process.env, NODE_OPTIONS: '', NODE_ENV: '', ...env, PORT: port },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const killWithUs = (): void => void child.kill();
  process.once('exit', killWithUs);
  let lines = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) lines += 1;
  });
  const exit = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  void exit.then(() => process.off('exit', killWithUs));
  const pid = child.pid ?? 0;
  const startMs = performance.now();
  while (!(await answers(name, url))) {
    if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}`);
    if (performance.now() - startMs > READY_MS) throw new Error(`${name} does not answer`);
    await delay(20);
  }
  return {
    name,
    label: options.label ?? name,
    url,
    cpuMicros: () => cpuMicros(pid),
    residentBytes: () => residentBytes(pid),
    lines: () => lines,
    startMicros: cpuMicros(pid),
    async stop() {
      child.kill();
      await exit;
    },
  };
}

interface Command {
  args: string[];
  env: Record<string, string>;
}

function program(name: 'floor' | 'peer', { world, alg = 'ES256' }: ContenderOptions): Command {
  const env = { KEYS_FILE: world.keys(alg), ISSUERS_FILE: world.issuers, ALG: alg, NODE_NO_WARNINGS: '1' };
  return { args: ['--import', 'tsx', `bench/contenders/${name}.ts`], env };
}

/** The standalone as it is built, with the files of the world and the audit log on standard output. */
function mandate(options: ContenderOptions, managementPort: string): Command {
  const { world, alg = 'ES256', rules = 10, clients = 10, settings = {} } = options;
  const env = {
    MANAGEMENT_PORT: managementPort,
    LOG_LEVEL: 'error',
    RATE_LIMIT: 'off',
    DEMONSTRATION: 'off',
    TOKEN_ISSUER: ISSUER,
    TOKEN_SIGNATURE_JWKS_FILE: world.keys(alg),
    TRUSTED_ISSUERS_FILE: world.issuers,
    CLIENT_CREDENTIALS_JSON_PATH: world.clients(clients),
    EXCHANGE_POLICY_JSON_CONFIG_PATH: world.policy(rules),
    DEFAULT_ACTOR_ISSUERS: 'https://users.example.com',
    ...settings,
  };
  return { args: ['services/standalone/dist/main.js'], env };
}

/** The other two have no probe: whatever they answer, they serve. */
async function answers(name: ContenderName, url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(1000) });
    await response.arrayBuffer();
    return name !== 'mandate' || response.ok;
  } catch {
    return false;
  }
}

/** The kernel counts nanoseconds for each thread; only Linux does. */
function cpuMicros(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  const nanoseconds = threads.map((thread) =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]),
  );
  return nanoseconds.reduce((sum, one) => sum + one, 0) / 1000;
}
