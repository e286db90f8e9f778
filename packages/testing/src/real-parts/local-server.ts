import { type ChildProcess, spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** How to run a server of this machine. `isReady` is asked until it says yes. */
export interface LocalServerOptions {
  program: string;
  args: readonly string[];
  isReady(): Promise<boolean>;
  /** Default 30 seconds. */
  timeoutSeconds?: number;
}

const POLL_MS = 50;
const STOP_MS = 5_000;
const OUTPUT_KEPT = 2_000;

/** A server that runs: `signal` is for tests of what happens when it dies (`SIGKILL`) or goes on (`SIGCONT`). */
export interface LocalServer {
  signal: (name: NodeJS.Signals) => void;
  /** Stops it where it is (`SIGSTOP`), resolved when no thread of it runs any more. */
  pause: () => Promise<void>;
  /** Lets it go on. */
  resume: () => Promise<void>;
  stop(): Promise<void>;
}

/** Runs a program until `stop`. Rejects with the tail of its output when it ends or is not ready in time. */
export async function startLocalServer(options: LocalServerOptions): Promise<LocalServer> {
  const child = spawn(options.program, [...options.args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString('utf8')).slice(-OUTPUT_KEPT);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  let failure: Error | undefined;
  child.once('error', (error) => (failure = error));
  const killNow = (): void => void child.kill('SIGKILL');
  process.once('exit', killNow);
  const stop = async (): Promise<void> => {
    process.off('exit', killNow);
    await end(child);
  };
  const signal = (name: NodeJS.Signals): void => void child.kill(name);
  const resume = (): Promise<void> => {
    signal('SIGCONT');
    return Promise.resolve();
  };
  const pause = async (): Promise<void> => {
    signal('SIGSTOP');
    while (child.pid !== undefined && !hasEnded(child) && !(await isStopped(child.pid))) await sleep(1);
  };

  const attempts = ((options.timeoutSeconds ?? 30) * 1000) / POLL_MS;
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    if (failure !== undefined || hasEnded(child)) break;
    if (await options.isReady().catch(() => false)) return { signal, pause, resume, stop };
    await sleep(POLL_MS);
  }
  await stop();
  throw new Error(`${options.program} did not become ready: ${failure?.message ?? output.trim()}`);
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** Whether no thread of the process runs. */
// proc_pid_stat(5): a signal stops each thread when that next runs, which on a busy machine is after kill returned.
export async function isStopped(pid: number): Promise<boolean> {
  if (process.platform !== 'linux') return true;
  const threads = await readdir(`/proc/${pid}/task`);
  const stats = await Promise.allSettled(threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/stat`, 'utf8')));
  return stats.every(
    (stat) => stat.status === 'rejected' || stat.value.slice(stat.value.lastIndexOf(')')).startsWith(') T'),
  );
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined) return;
  child.kill('SIGTERM');
  child.kill('SIGCONT');
  for (let elapsed = 0; elapsed < STOP_MS; elapsed += POLL_MS) {
    if (hasEnded(child)) return;
    await sleep(POLL_MS);
  }
  child.kill('SIGKILL');
}
