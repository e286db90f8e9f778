import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseClientsInSteps } from '@mandate/clients';
import type { Steps } from '@mandate/ports';
import { loadPolicy } from '@mandate/policy';
import { spawnStandalone } from './standalone.js';

// npm run bench:reload: what answers wait for while a large file is taken over, beside the same load without one.

const CALLERS = 2;
const QUIET_SECONDS = 5;

const clientFile = (count: number): string =>
  JSON.stringify(
    Array.from({ length: count }, (_, number) => ({
      clientId: `client-${number}`,
      clientSecret: `secret-of-client-${number}`,
      scopes: ['read', 'write'],
      attributes: { team: `team-${number % 10}` },
    })),
  );

const policyFile = (count: number): string =>
  JSON.stringify({
    resources: Array.from({ length: count }, (_, number) => ({
      id: `rule-${number}`,
      patterns: [`https://s${number}.example/*`],
      audience: `https://s${number}.example`,
      scopes: ['read', 'write'],
      allowedActors: ['bob'],
      additionalClaims: { department: 'photos' },
    })),
  });

const folder = mkdtempSync(join(tmpdir(), 'mandate-bench-'));
const FILES = {
  CLIENT_CREDENTIALS_JSON_PATH: join(folder, 'clients.json'),
  EXCHANGE_POLICY_JSON_CONFIG_PATH: join(folder, 'policy.json'),
};

function publish(path: string, text: string): void {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

/** CPU time of this process, milliseconds: what others do on the machine does not count. */
function cpu(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** What reading a file costs, and its longest step: a turn takes 5 ms and at most one of those more. */
function showCost(name: string, steps: Steps<unknown>): void {
  const started = cpu();
  let [last, longest] = [started, 0];
  for (let done = false; !done;) {
    done = steps.next().done === true;
    const now = cpu();
    [last, longest] = [now, Math.max(longest, now - last)];
  }
  const figures = `${((last - started) / 1000).toFixed(2)} s of CPU, the longest step ${longest.toFixed(1)} ms`;
  process.stdout.write(`${name.padEnd(22)} ${figures}\n`);
}

interface Measured {
  answers: number;
  medianMs: number;
  worstMs: number;
  /** The longest delay of the event loop since the last reading, by Node's own measure. */
  lagMs: number;
  lasted: number;
}

async function readMetrics(managementUrl: string): Promise<{ reloads: number; lagMs: number }> {
  const text = await (await fetch(`${managementUrl}/metrics`)).text();
  const reloads = [...text.matchAll(/file_reloads_total\{[^}]*success[^}]*\} (\d+)/g)].map(([, count]) =>
    Number(count),
  );
  const lag = Number(/^nodejs_eventloop_lag_max_seconds (\S+)/m.exec(text)?.[1]);
  return { reloads: reloads.reduce((sum, count) => sum + count, 0), lagMs: lag * 1000 };
}

/** Asks without a pause until `change` is in force, or for some seconds where there is none. */
async function measure(
  service: { url: string; managementUrl: string },
  change?: { publish: () => void; readers: number },
): Promise<Measured> {
  const times: number[] = [];
  let ended = false;
  const ask = async (): Promise<void> => {
    const headers = { authorization: `Basic ${Buffer.from('client-0:secret-of-client-0').toString('base64')}` };
    const body = new URLSearchParams({ grant_type: 'client_credentials' });
    while (!ended) {
      const started = performance.now();
      const response = await fetch(`${service.url}/service/access_token`, { method: 'POST', headers, body });
      await response.arrayBuffer();
      if (response.status !== 200) throw new Error(`the benchmark got ${response.status}`);
      times.push(performance.now() - started);
    }
  };
  const { reloads } = await readMetrics(service.managementUrl);
  const started = performance.now();
  change?.publish();
  const asking = Promise.all(Array.from({ length: CALLERS }, ask));
  let lagMs = 0;
  for (let inForce = false; !inForce;) {
    await delay(200);
    const now = await readMetrics(service.managementUrl);
    lagMs = Math.max(lagMs, now.lagMs);
    inForce =
      change === undefined
        ? performance.now() - started > QUIET_SECONDS * 1000
        : now.reloads >= reloads + change.readers;
  }
  ended = true;
  await asking;
  times.sort((a, b) => a - b);
  const medianMs = times[Math.floor(times.length / 2)] ?? 0;
  const lasted = (performance.now() - started) / 1000;
  return { answers: times.length, medianMs, worstMs: times.at(-1) ?? 0, lagMs, lasted };
}

function show(name: string, { answers, medianMs, worstMs, lagMs, lasted }: Measured): void {
  const columns = [lasted.toFixed(1), `${answers}`, medianMs.toFixed(1), worstMs.toFixed(0), lagMs.toFixed(0)];
  process.stdout.write(`${name.padEnd(22)}${columns.map((column) => column.padStart(10)).join('')}\n`);
}

const large = { clients: clientFile(100_000), rules: policyFile(10_000) };
showCost('10,000 rules', loadPolicy(large.rules));
showCost('100,000 clients', parseClientsInSteps(large.clients));
publish(FILES.CLIENT_CREDENTIALS_JSON_PATH, clientFile(10));
publish(FILES.EXCHANGE_POLICY_JSON_CONFIG_PATH, policyFile(10));
const service = await spawnStandalone(join(folder, 'keys'), { ...FILES, RELOAD_INTERVAL_SECONDS: '1' });
try {
  const columns = ['seconds', 'answers', 'median ms', 'worst ms', 'loop ms'];
  process.stdout.write(`${'meanwhile'.padEnd(22)}${columns.map((column) => column.padStart(10)).join('')}\n`);
  show('warming up', await measure(service));
  show('nothing', await measure(service));
  const rules = () => publish(FILES.EXCHANGE_POLICY_JSON_CONFIG_PATH, large.rules);
  show('10,000 rules', await measure(service, { publish: rules, readers: 1 }));
  // Three services are in this process, and each reads the file.
  const clients = () => publish(FILES.CLIENT_CREDENTIALS_JSON_PATH, large.clients);
  show('100,000 clients', await measure(service, { publish: clients, readers: 3 }));
} finally {
  service.stop();
  rmSync(folder, { recursive: true, force: true });
}
