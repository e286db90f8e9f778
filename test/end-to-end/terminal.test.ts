import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { freePorts, scriptProgram, startRealPart, testDirectory, until } from '@mandate/testing';

const root = resolve(import.meta.dirname, '../..');
const script = await startRealPart(scriptProgram, process.env);
const keys = testDirectory();

interface ScreenOptions {
  columns?: number;
  rows?: number;
  variables?: Record<string, string>;
  /** What is done once it waits; the rest of what it writes is seen then, too. */
  then?: (url: string, output: () => string) => Promise<void>;
}

/** What Mandate writes to a terminal of this size until it waits; before it are the four lines of npm itself. */
async function screenOf({ columns = 80, rows = 24, variables = {}, then }: ScreenOptions): Promise<string> {
  const [port, managementPort] = await freePorts(2);
  const start = `stty cols ${columns} rows ${rows}; exec npm start`;
  const child = spawn(script?.address ?? '', ['-qec', start, '/dev/null'], {
    cwd: root,
    env: {
      ...process.env,
      TERM: 'xterm',
      PORT: String(port),
      MANAGEMENT_PORT: String(managementPort),
      DEVELOPMENT_KEYS_DIRECTORY: keys,
      ...variables,
    },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const exit = new Promise((resolve) => child.once('close', resolve));
  try {
    await until(() => output.includes('Stop with Ctrl-C'), { deadlineSeconds: 150 });
    await then?.(`http://127.0.0.1:${port}`, () => output);
  } finally {
    // Ctrl-C, as a person would.
    child.stdin.write('\u0003');
    await exit;
  }
  const seen = /Mandate starts[\s\S]*Stop with Ctrl-C.*/.exec(output)?.[0] ?? '';
  return then === undefined ? seen : output;
}

/** That as rows of this width. */
async function rowsOf(columns: number, rows: number): Promise<string[]> {
  const screen = stripVTControlCharacters(await screenOf({ columns, rows }));
  return screen.split(/\r*\n/).flatMap((line) => line.match(new RegExp(`.{1,${columns}}`, 'g')) ?? ['']);
}

/** Whatever is left of a detached process and its children. */
function endGroup(leader: number | undefined): void {
  try {
    if (leader !== undefined) process.kill(-leader, 'SIGKILL');
  } catch {
    // Nothing is.
  }
}

describe('npm start', () => {
  it('S10 ends with the process that it started, whoever of the two is told to', async () => {
    const [port, managementPort] = await freePorts(2);
    const ports = { PORT: String(port), MANAGEMENT_PORT: String(managementPort) };
    const env = { ...process.env, ...ports, DEVELOPMENT_KEYS_DIRECTORY: keys, DEMONSTRATION: 'off' };
    const npm = spawn('npm', ['start'], { cwd: root, env, stdio: ['ignore', 'pipe', 'inherit'], detached: true });
    let output = '';
    npm.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const exit = new Promise((resolve) => npm.once('exit', resolve));
    // The pipe is held by whatever is left of it.
    const close = new Promise((resolve) => npm.once('close', resolve));
    try {
      await until(() => output.includes('From here on the log'), { deadlineSeconds: 150 });
      npm.kill('SIGTERM');
      expect(await exit).toBe(0);
      await close;
    } finally {
      endGroup(npm.pid);
    }
  });
});

(script === undefined ? describe.skip : describe)('npm start at a terminal', () => {
  it.each([
    [80, 24],
    [140, 50],
  ])(
    'of %i columns and %i rows is seen whole, ends with the demonstration and says how to go on',
    async (columns, rows) => {
      const screenRows = await rowsOf(columns, rows);
      // The last row is for the cursor.
      expect({ screenRows, fits: screenRows.length < rows }).toEqual({ screenRows, fits: true });
      expect(screenRows.filter((line) => line.includes('audit'))).toEqual([]);
      expect(screenRows).toContain('Alice lets Bob act for her');
      expect(screenRows.at(-1)).toBe('Stop with Ctrl-C. Refusals and warnings follow; with LOG_LEVEL=info the log.');
    },
  );

  it('draws its log for people where it is asked for, and without colour where NO_COLOR says so', async () => {
    const screen = await screenOf({ variables: { LOG_LEVEL: 'info', NO_COLOR: '1' } });
    expect(screen).toMatch(/^\d\d:\d\d:\d\d info +ready /m);
    expect(screen).not.toMatch(/^\{/m);
    // eslint-disable-next-line no-control-regex -- the colours of a terminal
    expect(screen).not.toMatch(/\u001b\[\d+m/);
  });

  it('draws what is refused, and why, and nothing that is served', async () => {
    const ask = (url: string, form: Record<string, string>): Promise<Response> =>
      fetch(`${url}/development/token`, { method: 'POST', body: new URLSearchParams(form) });
    const screen = await screenOf({
      variables: { DEMONSTRATION: 'off', NO_COLOR: '1' },
      async then(url, output) {
        await ask(url, { sub: 'alice' });
        await ask(url, { scope: 'a' });
        await until(() => output().includes('sub is missing'));
      },
    });
    const lines = screen.split(/\r*\n/).filter((line) => /^\d\d:\d\d:\d\d info/.test(line));
    expect(lines).toEqual([expect.stringMatching(/info +refused .*detail=Parameter sub is missing$/)]);
  });
});
