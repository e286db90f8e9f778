import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePorts, testDirectory } from '@mandate/testing';

const root = resolve(import.meta.dirname, '../..');
/** With room for a machine on which much else runs: a start takes a second or two on a quiet one. */
const START_SECONDS = 150;

export type ServiceName = 'authentication' | 'token-validation' | 'token-exchange' | 'standalone';

/** A service as a process of its own: its real `main.ts`, with this environment and no other. */
export interface SpawnedService {
  child: ChildProcess;
  /** Everything on standard output and standard error so far. */
  output(): string;
  lines(): Record<string, unknown>[];
  /** The exit code; `null` when a signal ended it. */
  exit: Promise<number | null>;
  /** Waits until the output has this text. */
  until(text: string): Promise<void>;
}

export function spawnService(
  name: ServiceName,
  env: Record<string, string>,
  args: readonly string[] = [],
): SpawnedService {
  const main = `services/${name}/src/main.ts`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--conditions=mandate-source', main, ...args], {
    cwd: root,
    env: { PATH: process.env['PATH'], SHUTDOWN_DRAIN_SECONDS: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const exit = once(child, 'close').then(([code]) => code as number | null);
  return {
    child,
    output: () => output,
    lines: () => jsonLines(output),
    exit,
    async until(text) {
      for (let waitedMs = 0; waitedMs < START_SECONDS * 1000; waitedMs += 20) {
        if (output.includes(text)) return;
        if (child.exitCode !== null) break;
        await delay(20);
      }
      throw new Error(`${name} did not print ${text}:\n${output}`);
    },
  };
}

function jsonLines(output: string): Record<string, unknown>[] {
  const complete = output.split('\n').filter((line) => line.startsWith('{') && line.endsWith('}'));
  return complete.map((line) => JSON.parse(line) as Record<string, unknown>);
}

export type TrioName = Exclude<ServiceName, 'standalone'>;

/** The three services as processes of their own, each at its own address. */
export interface SpawnedTrio {
  urls: Record<TrioName, string>;
  services: Record<TrioName, SpawnedService>;
  stop: () => void;
}

/** Starts the three services with these variables, ports excepted, and waits until they serve. */
export async function spawnTrio(
  variablesOf: (urls: SpawnedTrio['urls']) => Record<TrioName, Record<string, string>>,
): Promise<SpawnedTrio> {
  const ports = await freePorts(6);
  const [authentication = '', validation = '', exchange = ''] = ports.map((port) => `http://127.0.0.1:${port}`);
  const urls = { authentication, 'token-validation': validation, 'token-exchange': exchange };
  const variables = variablesOf(urls);
  const start = (name: TrioName, index: number): SpawnedService => {
    const [PORT, MANAGEMENT_PORT] = [String(ports[index]), String(ports[index + 3])];
    return spawnService(name, { ...variables[name], PORT, MANAGEMENT_PORT });
  };
  const services = {
    authentication: start('authentication', 0),
    'token-validation': start('token-validation', 1),
    'token-exchange': start('token-exchange', 2),
  };
  await Promise.all(Object.values(services).map((service) => service.until('"msg":"ready"')));
  return { urls, services, stop: () => Object.values(services).forEach(({ child }) => child.kill('SIGKILL')) };
}

interface SpawnedStandalone {
  standalone: SpawnedService;
  url: string;
  stop: () => void;
}

/** The standalone as `npm start` sets it up, once it serves; without its demonstration unless the variables want it. */
export async function spawnStandalone(
  env: Record<string, string> = { DEMONSTRATION: 'off' },
  args: readonly string[] = [],
): Promise<SpawnedStandalone> {
  const keys = testDirectory();
  const [port, managementPort] = await freePorts(2);
  const own = { PORT: String(port), MANAGEMENT_PORT: String(managementPort), DEVELOPMENT_KEYS_DIRECTORY: keys };
  const standalone = spawnService('standalone', { ...own, ...env }, args);
  await standalone.until('From here on the log');
  return { standalone, url: `http://127.0.0.1:${port}`, stop: () => standalone.child.kill('SIGKILL') };
}
