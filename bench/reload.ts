import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseClientsInSteps } from '@mandate/clients';
import type { Steps } from '@mandate/ports';
import { loadPolicy } from '@mandate/policy';
import { answerTimes } from './answer-times.js';
import { type Node, chosenNodes } from './nodes.js';
import { type StartedService, startService } from './start-service.js';
import { createForms, pathOf, type Workload } from './workloads.js';
import { basic, CLIENT, createWorld, ISSUER, USERS } from './world.js';

// npm run bench:reload [-- --node=20 | --node=24]: what answers wait for while a service takes over a large file, beside
// the same load without one.

const QUIET_SECONDS = 5;

interface Reload {
  name: string;
  service: string;
  /** The variable that names the file. */
  variable: string;
  small: string;
  large: string;
  parse: (text: string) => Steps<unknown>;
  workload: Workload;
}

const folder = mkdtempSync(join(tmpdir(), 'mandate-bench-'));
const world = createWorld(folder);

/** Records with everything that usual ones have, and the one who asks meanwhile. */
function clientFile(count: number): string {
  const records = Array.from({ length: count }, (_, number) => ({
    clientId: `client-${number}`,
    clientSecret: `secret-of-client-${number}`,
    scopes: ['read', 'write'],
    attributes: { team: `team-${number % 10}` },
  }));
  const path = join(folder, 'many-clients.json');
  writeFileSync(
    path,
    JSON.stringify([...records, { clientId: CLIENT.id, clientSecret: CLIENT.secret, scopes: ['read'] }]),
  );
  return path;
}
const settings = {
  TOKEN_ISSUER: ISSUER,
  TOKEN_SIGNATURE_JWKS_FILE: world.keys('ES256'),
  TRUSTED_ISSUERS_FILE: world.issuers,
  DEFAULT_ACTOR_ISSUERS: USERS,
  CLIENT_CREDENTIALS_JSON_PATH: world.clients(10),
  EXCHANGE_POLICY_JSON_CONFIG_PATH: world.policy(10),
  RELOAD_INTERVAL_SECONDS: '1',
};
const defaults = { alg: 'ES256', contenders: ['mandate'] } as const;
const reloads: readonly Reload[] = [
  {
    name: '10,000 rules',
    service: 'token-exchange',
    variable: 'EXCHANGE_POLICY_JSON_CONFIG_PATH',
    small: world.policy(10),
    large: world.policy(10_000),
    parse: loadPolicy,
    workload: { ...defaults, name: 'exchange', operation: 'exchange', tokens: 'again', actorToken: true },
  },
  {
    name: '100,000 clients',
    service: 'authentication',
    variable: 'CLIENT_CREDENTIALS_JSON_PATH',
    small: world.clients(10),
    large: clientFile(100_000),
    parse: parseClientsInSteps,
    workload: { ...defaults, name: 'issue', operation: 'issue', tokens: 'none' },
  },
];

/** CPU time of this process, milliseconds: what others do on the machine does not count. */
function cpu(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** What reading a file costs, and its longest step: a turn takes 5 ms and at most one of those more. */
function showCost({ name, large, parse }: Reload): void {
  const steps = parse(readFileSync(large, 'utf8'));
  const startMs = cpu();
  let [last, longest] = [startMs, 0];
  for (let isDone = false; !isDone;) {
    isDone = steps.next().done === true;
    const now = cpu();
    [last, longest] = [now, Math.max(longest, now - last)];
  }
  const figures = `${((last - startMs) / 1000).toFixed(2)} s of CPU, the longest step ${longest.toFixed(1)} ms`;
  process.stdout.write(`${name.padEnd(28)} ${figures}\n`);
}

interface Measured {
  answers: number;
  medianMs: number;
  worstMs: number;
  stallMs: number;
  seconds: number;
}

async function reloadsOf({ managementUrl }: StartedService): Promise<number> {
  const text = await (await fetch(`${managementUrl}/metrics`)).text();
  const counts = text.matchAll(/file_reloads_total\{[^}]*success[^}]*\} (\d+)/g);
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}

/** Asks without a pause until what is published is in force, or for some seconds where nothing is. */
async function measure(service: StartedService, workload: Workload, publish?: () => void): Promise<Measured> {
  let hasEnded = false;
  const before = await reloadsOf(service);
  const isOver = async (): Promise<boolean> =>
    publish === undefined ? performance.now() - startMs > QUIET_SECONDS * 1000 : (await reloadsOf(service)) > before;
  await service.longestStallMs();
  const startMs = performance.now();
  publish?.();
  const body = new URLSearchParams(createForms(workload, world, 1)[0]);
  const request = { headers: { authorization: basic(CLIENT) }, body };
  const answers = answerTimes(service.url + pathOf('mandate', workload), request, () => hasEnded);
  while (!(await isOver())) await delay(200);
  hasEnded = true;
  const times = await answers;
  return {
    answers: times.length,
    medianMs: times[Math.floor(times.length / 2)] ?? 0,
    worstMs: times.at(-1) ?? 0,
    stallMs: await service.longestStallMs(),
    seconds: (performance.now() - startMs) / 1000,
  };
}

function showLine(name: string, columns: readonly string[]): void {
  process.stdout.write(`${name.padEnd(28)}${columns.map((column) => column.padStart(10)).join('')}\n`);
}

function show(name: string, { answers, medianMs, worstMs, stallMs, seconds }: Measured): void {
  showLine(name, [seconds.toFixed(1), `${answers}`, medianMs.toFixed(1), worstMs.toFixed(0), stallMs.toFixed(0)]);
}

async function run(reload: Reload, { node, nodeName }: Node): Promise<void> {
  const { name, service: serviceName, variable, small, large, workload } = reload;
  const file = join(folder, 'published.json');
  const publish = (from: string): void => {
    writeFileSync(`${file}.new`, readFileSync(from));
    renameSync(`${file}.new`, file);
  };
  publish(small);
  const service = await startService(serviceName, { node, settings: { ...settings, [variable]: file } });
  try {
    showLine(`${serviceName}, Node ${nodeName}`, ['seconds', 'answers', 'median ms', 'worst ms', 'stall ms']);
    show('warming up', await measure(service, workload));
    show('nothing', await measure(service, workload));
    show(name, await measure(service, workload, () => publish(large)));
    show('again', await measure(service, workload, () => publish(large)));
  } finally {
    service.stop();
  }
}

try {
  for (const reload of reloads) showCost(reload);
  for (const node of chosenNodes()) for (const reload of reloads) await run(reload, node);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
