import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { createFileAuditSink } from '@mandate/service-kit';
import { auditEvent, fixedClock, testDirectory } from '@mandate/testing';
import { runScript } from './run-script.js';

const verify = (args: string[], input: string | Buffer = '') => runScript('verify-audit-log', args, { input });

const folder = testDirectory();
const file = join(folder, 'audit.log');
let lines: string[] = [];

beforeAll(async () => {
  const sink = await createFileAuditSink({ path: file, clock: fixedClock() });
  // U+2028 ends a line for some readers and must not for this one; U+FFFD is what others turn bad bytes into.
  for (const sub of ['alice', 'a\u2028b', 'bücher', '\ufffd']) {
    await sink.record({ ...auditEvent, subject: { iss: 'https://users.example.com', sub } });
  }
  await sink.close?.();
  lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
});

const write = (name: string, content: string | Buffer): string => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};
const textOf = (lines: string[]) => lines.map((line) => `${line}\n`).join('');
const hashOf = (line = '') => (JSON.parse(line) as { hash: string }).hash;

describe('npm run audit:verify', () => {
  it('calls a log whole that nobody touched, and names its last hash', async () => {
    const { stdout, stderr, status } = await verify([file]);
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    expect(stdout).toContain('whole: lines 5, events 5, processes that wrote them 1\n');
    expect(stdout).toContain(`closed, last hash ${hashOf(lines[4])}\n`);
  });

  it('exits 1 with the line number of a removed line', async () => {
    const { stdout, status } = await verify([write('removed.log', textOf(lines.toSpliced(1, 1)))]);
    expect(status).toBe(1);
    expect(stdout).toMatch(/^BROKEN {3}\S+removed\.log line 2 follows a gap: event 2 of its chain missing/);
  });

  it('reads several files in rotation order and names the one that is broken', async () => {
    const old = write('audit.log.1', textOf(lines.slice(0, 2)));
    const wholeFile = write('audit.log.0', textOf(lines.slice(2)));
    expect((await verify([old, wholeFile])).status).toBe(0);
    const alteredFile = write('altered.log', textOf(lines.slice(2)).replace('bücher', 'bucher'));
    const { stdout, status } = await verify([old, alteredFile]);
    expect(status).toBe(1);
    expect(stdout).toMatch(/^BROKEN {3}\S+altered\.log line 1 is altered/);
  });

  it('finds bytes that are no UTF-8 where a replacement character stood, and a byte order mark', async () => {
    const bytes = readFileSync(file);
    const at = bytes.indexOf(Buffer.from('\ufffd'));
    const brokenBytes = Buffer.concat([bytes.subarray(0, at), Buffer.from([0xff]), bytes.subarray(at + 3)]);
    expect((await verify([write('bytes.log', brokenBytes)])).stdout).toMatch(/bytes\.log line 4 is altered/);
    const markedBytes = Buffer.concat([Buffer.from('\ufeff'), bytes]);
    expect((await verify([write('bom.log', markedBytes)])).status).toBe(1);
  });

  it('notices a cut end with --last, and only warns without', async () => {
    const cutFile = write('cut.log', textOf(lines.slice(0, 3)));
    const result = await verify([cutFile]);
    expect(result.status).toBe(0);
    expect(result.stdout).toMatch(/^warning {2}\S+cut\.log line 3 ends a chain without a closing event/);
    const resultWithLast = await verify(['--last', hashOf(lines[4]), cutFile]);
    expect(resultWithLast.status).toBe(1);
    expect(resultWithLast.stdout).toMatch(/^BROKEN {3}\S+cut\.log line 3 .*the end was cut/);
  });

  it('takes a known hash for files that are gone, and a capture of standard output', async () => {
    const restFile = write('rest.log', textOf(lines.slice(2)));
    expect((await verify([restFile])).status).toBe(1);
    expect((await verify(['--after', hashOf(lines[1]), restFile])).status).toBe(0);
    const capture = `Mandate is ready\n{"level":"info","msg":"x"}\n${textOf(lines)}`;
    expect(await verify(['--mixed', '-'], capture)).toMatchObject({ status: 0 });
    expect(await verify(['-'], capture)).toMatchObject({ status: 1, stdout: expect.stringContaining('--mixed') });
  });

  it('says how it is used, and which file it cannot read, with exit status 64', async () => {
    expect(await verify([])).toMatchObject({ status: 64, stderr: expect.stringContaining('audit:verify') });
    expect(await verify(['/nowhere.log'])).toMatchObject({ status: 64, stderr: expect.stringContaining('ENOENT') });
  });

  it('holds little of a log that has no line feed', async () => {
    const { status, stdout } = await verify(['-'], Buffer.alloc(50_000_000, 'x'));
    expect(status).toBe(1);
    expect(stdout).toMatch(/^BROKEN {3}- line 1 is incomplete/);
  });
});
