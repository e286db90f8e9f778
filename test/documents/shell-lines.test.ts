import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { bashProgram, startRealPart, testDirectory, zshProgram } from '@mandate/testing';
import { documents } from './markdown.js';

// People paste the shell lines of the documents into the shell they have. Here each block is pasted into an interactive bash
// and an interactive zsh where no program exists, and every command only notes how it was called: both must note the same. An
// unquoted `*`, a comment, or `$(jobs -p)` is something else in zsh.

const bash = await startRealPart(bashProgram, process.env);
const zsh = await startRealPart(zshProgram, process.env);

/** One write, so that calls at the same time do not mix. */
const NOTE = 'printf "%s\\n" "$(printf "%s\\037" "$@")" >>"$NOTES"';
/** What runs in the background is called before it is ended. */
const KILL = `kill() { wait; set -- kill "$@"; ${NOTE}; }`;
/** Where the command is given as a path, a file must be there. */
const PATHS = ['.ci/docker', '.ci/cluster', '.ci/bare', 'scripts/local-images.sh', 'test/clients/prepare'];

const blocks = documents.flatMap(({ path, text }) =>
  [...text.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, block = ''], index) => ({ path, number: index + 1, block })),
);

(bash === undefined || zsh === undefined ? describe.skip : describe)('the shell lines of', () => {
  const directory = testDirectory();
  beforeAll(() => {
    for (const path of PATHS) {
      mkdirSync(join(directory, dirname(path)), { recursive: true });
      writeFileSync(join(directory, path), `#!/bin/sh\nset -- "$0" "$@"\n${NOTE}\n`);
      chmodSync(join(directory, path), 0o755);
    }
  });

  /** The calls that pasting a block comes to, sorted: those of a pipeline happen at once. */
  async function calls(program: string, args: string[], block: string): Promise<string[]> {
    const notes = join(directory, 'notes');
    writeFileSync(notes, '');
    const child = spawn(program, args, {
      cwd: directory,
      env: { NOTES: notes, HOME: directory, TERM: 'dumb', PATH: '/nowhere' },
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    });
    const exit = new Promise((resolve) => child.once('close', resolve));
    const handlers = ['command_not_found_handle', 'command_not_found_handler'];
    child.stdin.end([...handlers.map((name) => `${name}() { ${NOTE}; }`), KILL, block, 'wait', 'exit', ''].join('\n'));
    await exit;
    return readFileSync(notes, 'utf8').split('\n').sort();
  }

  it.each(blocks)('$path, block $number, are the same in bash and zsh', async ({ block }) => {
    const inBash = await calls(bash?.address ?? '', ['--norc', '--noprofile', '-i'], block);
    expect(inBash.length).toBeGreaterThan(1);
    expect(await calls(zsh?.address ?? '', ['-f', '-i', '-s'], block)).toEqual(inBash);
  });
});
