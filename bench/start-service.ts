import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePorts } from '../packages/testing/src/free-ports.js';

const root = resolve(import.meta.dirname, '..');
const READY_MS = 30_000;

/** A service as it is built, in a process of its own. */
export interface StartedService {
  url: string;
  managementUrl: string;
  pid: number;
  /** The longest that its event loop stood still since this was last asked, milliseconds. */
  longestStallMs: () => Promise<number>;
  stop: () => void;
}

/** Starts it, quiet, and waits until it is ready. */
export async function startService(
  name: string,
  { node, settings }: { node: string; settings: Record<string, string> },
): Promise<StartedService> {
  const [port, managementPort] = (await freePorts(2)).map(String);
  const defaults = { LOG_LEVEL: 'error', AUDIT_SINK: 'off', RATE_LIMIT: 'off' };
  const child = spawn(
    node,
    ['--import', 'tsx', '--import', './bench/watch-stalls.ts', `services/${name}/dist/main.js`],
    {
      cwd: root,
      env: { ...process.env, ...defaults, ...settings, PORT: port, MANAGEMENT_PORT: managementPort },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    },
  );
  const managementUrl = `http://127.0.0.1:${managementPort ?? ''}`;
  const startMs = performance.now();
  while (!(await isReady(managementUrl))) {
    if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}; run npm run build`);
    if (performance.now() - startMs > READY_MS) throw new Error(`${name} is not ready`);
    await delay(50);
  }
  return {
    url: `http://127.0.0.1:${port ?? ''}`,
    managementUrl,
    pid: child.pid ?? 0,
    async longestStallMs() {
      const answer = once(child, 'message');
      child.send('stalls');
      return Number((await answer)[0]);
    },
    stop: () => void child.kill(),
  };
}

async function isReady(managementUrl: string): Promise<boolean> {
  try {
    const response = await fetch(`${managementUrl}/readyz`);
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

/** What a process has in memory; only Linux tells. */
export function residentBytes(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kib) * 1024;
}
