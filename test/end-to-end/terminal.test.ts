import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { freePorts, scriptProgram, startRealPart, testDirectory, until } from '@mandate/testing';

const root = resolve(import.meta.dirname, '../..');
const script = await startRealPart(scriptProgram, process.env);
const keys = testDirectory();

/** What Mandate writes to a terminal of this size until it waits; before it are the four lines of npm itself. */
async function screenAt(columns: number, rows: number, variables: Record<string, string> = {}): Promise<string> {
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
  } finally {
    // Ctrl-C, as a person would.
    child.stdin.write('\u0003');
    await exit;
  }
  return /Mandate starts[\s\S]*Stop with Ctrl-C.*/.exec(output)?.[0] ?? '';
}

/** That as rows of this width. */
async function rowsOf(columns: number, rows: number): Promise<string[]> {
  const screen = stripVTControlCharacters(await screenAt(columns, rows));
  return screen.split(/\r*\n/).flatMap((line) => line.match(new RegExp(`.{1,${columns}}`, 'g')) ?? ['']);
}

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
      expect(screenRows.at(-1)).toBe('Stop with Ctrl-C. Warnings follow; LOG_LEVEL=info npm start shows the log.');
    },
  );

  it('draws its log for people where it is asked for, and without colour where NO_COLOR says so', async () => {
    const screen = await screenAt(80, 24, { LOG_LEVEL: 'info', NO_COLOR: '1' });
    expect(screen).toMatch(/^\d\d:\d\d:\d\d info +ready /m);
    expect(screen).not.toMatch(/^\{/m);
    // eslint-disable-next-line no-control-regex -- the colours of a terminal
    expect(screen).not.toMatch(/\u001b\[\d+m/);
  });
});
