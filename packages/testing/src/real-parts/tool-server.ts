import { execFile, spawn } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { isStopped } from './local-server.js';
import type { Environment } from './start-real-part.js';

/** A server that `../shared/tools/NAME/up.sh` brings up, in a folder of this test: it can be hung, killed, and started again. */
export interface ToolServer {
  /** Its folder: data, certificates, logs. */
  directory: string;
  start(): Promise<void>;
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>;
  /** Stops it where it is, resolved when no thread of it runs any more. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

export interface ToolServerOptions {
  /** The folder of `up.sh` and `down.sh`. */
  tool: string;
  env: Environment;
  /** Where to keep what is the same for every run. */
  directory?: string;
}

const SHARED_TOOLS = join(import.meta.dirname, '../../../../../shared/tools');

/** The folder of a tool, in TEST_TOOLS or beside this repository; `undefined`: there is none. */
export function findTool(name: string, env: Environment): string | undefined {
  const folder = join(env['TEST_TOOLS'] ?? SHARED_TOOLS, name);
  return existsSync(join(folder, 'up.sh')) ? folder : undefined;
}

/** Brings it up. Rejects with the end of what `up.sh` said. */
export async function startToolServer({ tool, env, ...options }: ToolServerOptions): Promise<ToolServer> {
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'mandate-store-')));
  const start = (): Promise<void> => runScript(join(tool, 'up.sh'), { ...env, WORK: directory });
  const pid = (): number => {
    const file = readdirSync(directory).find(
      (name) => name === 'pid' || (name.startsWith('cassandra-') && name.endsWith('.pid')),
    );
    return Number(readFileSync(join(directory, file ?? 'pid'), 'utf8'));
  };
  const kill = async (): Promise<void> => {
    await promisify(execFile)(join(tool, 'down.sh'), ['-KILL'], { env: { ...env, WORK: directory } });
  };
  const signal = (name: NodeJS.Signals): void => void process.kill(pid(), name);
  // It is in a group of its own, so that nothing else would end it.
  const killNow = (): void => {
    try {
      signal('SIGKILL');
    } catch {
      // It has ended.
    }
  };
  process.once('exit', killNow);
  await start();
  return {
    directory,
    start,
    kill,
    async pause() {
      signal('SIGSTOP');
      while (!(await isStopped(pid()))) await sleep(1);
    },
    resume() {
      signal('SIGCONT');
      return Promise.resolve();
    },
    async stop() {
      process.off('exit', killNow);
      await kill();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** The server goes on when the script has ended, and would keep pipes open. */
function runScript(script: string, env: Environment): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(script, { env, stdio: ['ignore', 'ignore', 'pipe'] });
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr = (stderr + chunk.toString('utf8')).slice(-2000)));
    child.once('error', reject);
    child.once('exit', (code) => {
      child.stderr.destroy();
      if (code === 0) resolve();
      else reject(new Error(`${script} failed: ${stderr.trim()}`));
    });
  });
}
