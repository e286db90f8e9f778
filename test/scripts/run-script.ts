import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

const root = new URL('../../', import.meta.url);

interface ScriptOptions {
  /** What stands on its standard input. */
  input?: string | Buffer;
  /** Its variables besides PATH. */
  env?: Record<string, string>;
}

export interface ScriptResult {
  stdout: string;
  stderr: string;
  /** The exit status; `null` when a signal ended it. */
  status: number | null;
}

/** Runs a file of `scripts/` to its end, as `npm run` does. */
export async function runScript(
  name: string,
  args: readonly string[],
  { input = '', env = {} }: ScriptOptions = {},
): Promise<ScriptResult> {
  const command = ['--conditions=mandate-source', '--import', 'tsx', `scripts/${name}.ts`, ...args];
  const child = spawn(process.execPath, command, { cwd: root, env: { PATH: process.env['PATH'], ...env } });
  child.stdin.on('error', () => undefined).end(input);
  const status = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { stdout, stderr, status: await status };
}
