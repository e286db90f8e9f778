import { spawn } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from '@jest/globals';
import { testDirectory } from '@mandate/testing';

const root = resolve(import.meta.dirname, '../..');
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };

/** The commands that are a script of ours: the file, and what tsx is told before it. */
const commands = Object.entries(scripts).flatMap(([name, line]) => {
  const [, options, file] = /tsx (.*?)((?:scripts|bench)\/[\w-]+\.ts)$/.exec(line) ?? [];
  return options === undefined || file === undefined ? [] : [{ name, options: options.trim().split(' '), file }];
});

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

describe('a script', () => {
  const directory = testDirectory();

  const run = async (
    { options, file }: (typeof commands)[number],
    args: string[],
    isOutputClosed = false,
  ): Promise<Ended> => {
    const absolute = [...options, file].map((word) => word.replace(/^(?:\.\/)?(scripts|bench)\//, `${root}/$1/`));
    const tsx = join(root, 'node_modules/tsx/dist/cli.mjs');
    const child = spawn(process.execPath, [tsx, ...absolute, ...args], {
      cwd: directory,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    if (isOutputClosed) child.stdout.destroy();
    const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
    const [stdout, stderr] = await Promise.all([isOutputClosed ? '' : text(child.stdout), text(child.stderr)]);
    return { code: await exit, stdout, stderr };
  };

  it.each(commands)('npm run $name answers --help with what it does, and does nothing', async (command) => {
    const { code, stdout, stderr } = await run(command, ['--help']);
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stderr: '',
      stdout: expect.stringContaining(`npm run ${command.name}`),
    });
    expect(readdirSync(directory)).toEqual([]);
  });

  const keys = commands.find(({ name }) => name === 'keys:generate')!;

  it('makes no file of an option that it does not know', async () => {
    expect((await run(keys, ['--hepl'])).code).not.toBe(0);
    expect(readdirSync(directory)).toEqual([]);
  });

  it('ends without a word when its reader goes away', async () => {
    expect(await run(keys, [], true)).toEqual({ code: 0, stdout: '', stderr: '' });
  });
});
