import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import type { z } from 'zod';

/** kubectl against the one cluster that KUBECONFIG names. */
export interface Kubectl {
  /** Its standard output. @throws Error with what it said on standard error, when it ends with anything but 0 */
  run(args: readonly string[], input?: string): Promise<string>;
  /** The objects that `get ... -o json` gives, as the schema knows them. */
  get<T>(schema: z.ZodType<T>, args: readonly string[]): Promise<T>;
  /** Started, with its input open. */
  start(args: readonly string[]): RunningKubectl;
}

/** A kubectl that runs until its input ends. */
export interface RunningKubectl {
  input: ChildProcessWithoutNullStreams['stdin'];
  output: Promise<string>;
}

/** @param program path or name of kubectl */
export function createKubectl(program: string): Kubectl {
  const start = (args: readonly string[]): RunningKubectl => {
    const child = spawn(program, args);
    return { input: child.stdin, output: outputOf(child, args) };
  };
  const run = async (args: readonly string[], input = ''): Promise<string> => {
    const child = start(args);
    child.input.once('error', () => undefined).end(input);
    return child.output;
  };
  return {
    run,
    start,
    get: async (schema, args) => schema.parse(JSON.parse(await run(['get', '-o', 'json', ...args]))),
  };
}

async function outputOf(child: ChildProcessWithoutNullStreams, args: readonly string[]): Promise<string> {
  let output = '';
  let complaint = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  const status = await new Promise<number | null>((resolve, reject) =>
    child.once('error', reject).once('close', resolve),
  );
  // Arguments may be whole programs.
  const command = args.map((arg) => arg.slice(0, 60)).join(' ');
  if (status !== 0) throw new Error(`kubectl ${command}: ${complaint.slice(0, 2000)}`);
  return output;
}
