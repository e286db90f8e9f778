import { describe, expect, it } from '@jest/globals';
import { createStdoutAuditSink, verifyAuditLog } from '@mandate/service-kit';
import { auditEvent, fixedClock } from '@mandate/testing';
import fc from 'fast-check';
import { renderAuditLine } from '../../src/audit/audit-line.js';

/** The lines of one process: so many events, and a closing one unless it was killed. */
async function writeLog(count: number, { close = true, event = auditEvent } = {}): Promise<string[]> {
  const lines: string[] = [];
  const destination = { write: (line: string) => lines.push(line.trimEnd()) };
  const sink = createStdoutAuditSink({ destination, clock: fixedClock() });
  for (let index = 0; index < count; index++) await sink.record({ ...event, client: `client-${index}` });
  if (close) await sink.close?.();
  return lines;
}

const hashOf = (line: string | undefined): string => (JSON.parse(line ?? '') as { hash: string }).hash;
const kinds = async (lines: string[], options = {}) =>
  (await verifyAuditLog(lines, options)).problems.map(({ line, kind }) => `${line} ${kind}`);

describe('verifyAuditLog', () => {
  it('finds nothing in a log that nobody touched', async () => {
    expect(await verifyAuditLog(await writeLog(5))).toMatchObject({
      ok: true,
      lines: 6,
      events: 6,
      problems: [],
      warnings: [],
    });
  });

  it('finds nothing in a log whose events have labels, whatever they are called and in whatever order they came', async () => {
    const decisionLabels = JSON.parse('{"zone":"a","10":"x","9":"y","area":"b","__proto__":"c"}') as Record<
      string,
      string
    >;
    expect(await kinds(await writeLog(2, { event: { ...auditEvent, decisionLabels } }))).toEqual([]);
  });

  it('names the line after a removed one', async () => {
    const lines = await writeLog(5);
    const [problem] = (await verifyAuditLog(lines.toSpliced(2, 1))).problems;
    expect(problem).toMatchObject({ line: 3, kind: 'missing' });
    expect(problem?.text).toMatch(/^follows a gap: event 3 of its chain missing \(event 4 of [0-9a-f]{8}\)$/);
  });

  it('finds a removed beginning', async () => {
    expect(await kinds((await writeLog(5)).slice(2))).toEqual(['1 missing']);
  });

  it('names an altered line, and no other', async () => {
    const lines = await writeLog(5);
    lines[2] = lines[2]?.replace('"alice"', '"mallory"') ?? '';
    expect(await kinds(lines)).toEqual(['3 altered']);
  });

  it('finds an event of another process in place of one', async () => {
    const [lines, otherLines] = [await writeLog(5), await writeLog(5)];
    expect(await kinds(lines.with(2, otherLines[2] ?? ''))).toEqual(['3 missing', '4 missing']);
  });

  it('finds a line whose members survive but whose position does not: seq and prev are under the hash', async () => {
    const lines = await writeLog(3);
    lines[1] = lines[1]?.replace('"seq":2', '"seq":3') ?? '';
    expect((await kinds(lines))[0]).toBe('2 altered');
  });

  it('names a line that was moved', async () => {
    const lines = await writeLog(5);
    const movedLines = lines.toSpliced(1, 1).toSpliced(3, 0, lines[1] ?? '');
    expect(await kinds(movedLines)).toEqual(['4 reordered']);
  });

  it('names a line that stands there twice', async () => {
    const lines = await writeLog(5);
    expect(await kinds(lines.toSpliced(3, 0, lines[1] ?? ''))).toEqual(['4 repeated']);
  });

  it('names a truncated line', async () => {
    const lines = await writeLog(5);
    lines[5] = lines[5]?.slice(0, 40) ?? '';
    expect(await kinds(lines)).toEqual(['6 incomplete']);
    lines[2] = lines[2]?.slice(0, 40) ?? '';
    expect(await kinds(lines)).toEqual(['3 incomplete', '4 missing', '6 incomplete']);
  });

  it('names what is no audit event, unless other lines may stand between', async () => {
    const lines = await writeLog(2);
    const log = [...lines.slice(0, 1), '{"level":"info","msg":"request"}', 'Mandate is ready', ...lines.slice(1)];
    expect(await kinds(log)).toEqual(['2 foreign', '3 incomplete']);
    expect(await verifyAuditLog(log, { mixed: true })).toMatchObject({ ok: true, events: 3, otherLines: 2 });
    expect(await kinds(log.toSpliced(0, 1), { mixed: true })).toEqual(['3 missing']);
  });

  it('finds an event after the closing one', async () => {
    const [closedLog, openLog] = [await writeLog(1), await writeLog(2, { close: false })];
    expect(await kinds([...closedLog, ...openLog])).toEqual([]);
    const { writer } = JSON.parse(closedLog[0] ?? '') as { writer: string };
    const link = { writer, seq: 3, lost: 0, prev: hashOf(closedLog[1]) };
    expect(await kinds([...closedLog, renderAuditLine(link, ['"event":"exchange"']).line])).toEqual(['3 after_close']);
  });

  it('finds a twin of an event with a hash of its own', async () => {
    const lines = await writeLog(3);
    const { writer, prev } = JSON.parse(lines[1] ?? '') as { writer: string; prev: string };
    lines[1] = renderAuditLine({ writer, seq: 2, lost: 0, prev }, ['"client":"forged"', '"event":"exchange"']).line;
    expect(await kinds(lines)).toEqual(['3 unlinked']);
  });

  it('holds whatever a collector does to the order of members and to white space', async () => {
    const lines = (await writeLog(3)).map((line) => {
      const members = Object.entries(JSON.parse(line) as object).reverse();
      return JSON.stringify(Object.fromEntries(members), null, 1).replaceAll('\n', ' ');
    });
    expect(await verifyAuditLog(lines)).toMatchObject({ ok: true, events: 4, problems: [] });
  });

  it('T8 refuses a line with a member twice', async () => {
    const lines = await writeLog(2);
    lines[0] = lines[0]?.replace('{', '{"client":"forged",') ?? '';
    expect((await kinds(lines))[0]).toBe('1 incomplete');
  });

  it('keeps only so many findings, and does not forget that there are more', async () => {
    const verdict = await verifyAuditLog(Array.from({ length: 500 }, () => '{}'));
    expect(verdict).toMatchObject({ ok: false, lines: 500 });
    expect(verdict.problems).toHaveLength(100);
  });
});

describe('a cut end', () => {
  it('shows when the last hash is known', async () => {
    const lines = await writeLog(5, { close: false });
    const lastHash = hashOf(lines.at(-1));
    expect(await verifyAuditLog(lines, { lastHash })).toMatchObject({ ok: true, problems: [], warnings: [] });
    expect(await kinds(lines.slice(0, 3), { lastHash })).toEqual(['3 end_missing']);
    expect(await kinds([], { lastHash })).toEqual(['0 end_missing']);
  });

  it('is a warning only when neither that nor a closing event is there', async () => {
    const verdict = await verifyAuditLog((await writeLog(5)).slice(0, 3));
    expect(verdict).toMatchObject({ ok: true, problems: [], warnings: [{ line: 3, kind: 'no_closing_event' }] });
  });

  it('is not confused with a log that went on after its hash was noted', async () => {
    const lines = await writeLog(5);
    const verdict = await verifyAuditLog(lines, { lastHash: hashOf(lines[2]) });
    expect(verdict).toMatchObject({ ok: true, warnings: [{ line: 3, kind: 'goes_on' }] });
  });
});

describe('a known hash before the first line', () => {
  it('stands for the files before it', async () => {
    const lines = await writeLog(5);
    const expectedHashes = [hashOf(lines[1])];
    expect(await verifyAuditLog(lines.slice(2), { after: expectedHashes })).toMatchObject({ ok: true, problems: [] });
    expect(await kinds(lines.slice(3), { after: expectedHashes })).toEqual(['1 missing']);
  });
});

const logs = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }), fc.infiniteStream(fc.boolean()));

/** Two processes writing to one file in turns, without closing events; and the hashes the two ended with. */
async function interleavedLogs([a, b, turns]: [number, number, Iterator<boolean>]) {
  const [first, second] = [await writeLog(a, { close: false }), await writeLog(b, { close: false })];
  const ends = [first, second].map((lines) => hashOf(lines.at(-1)));
  const lines: string[] = [];
  while (first.length + second.length > 0) {
    const from = turns.next().value === true ? first : second;
    lines.push(...from.splice(0, 1));
  }
  return { lines, ends };
}

async function isFound(lines: string[], ends: readonly string[]): Promise<boolean> {
  const verdicts = await Promise.all(ends.map((lastHash) => verifyAuditLog(lines, { lastHash })));
  return verdicts.some(({ ok }) => !ok);
}

describe('with known ends, in a log of two processes', () => {
  const runs = { numRuns: 300 };

  it('nothing is found where nothing was done', async () => {
    await fc.assert(
      fc.asyncProperty(logs, async (log) => {
        const { lines, ends } = await interleavedLogs(log);
        expect(await isFound(lines, ends)).toBe(false);
      }),
      runs,
    );
  });

  it('any removal of lines is found, a cut end included', async () => {
    await fc.assert(
      fc.asyncProperty(logs, fc.nat(), fc.integer({ min: 1, max: 10 }), async (log, at, count) => {
        const { lines, ends } = await interleavedLogs(log);
        expect(await isFound(lines.toSpliced(at % lines.length, count), ends)).toBe(true);
      }),
      runs,
    );
  });

  it('any swap of two lines of one process is found', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 2, max: 8 }), fc.nat(), fc.nat(), async (count, a, b) => {
        const lines = await writeLog(count, { close: false });
        const ends = [hashOf(lines.at(-1))];
        const [i, j] = [a % count, b % count];
        fc.pre(i !== j);
        const swappedLines = lines.with(i, lines[j] ?? '').with(j, lines[i] ?? '');
        expect(await isFound(swappedLines, ends)).toBe(true);
      }),
      runs,
    );
  });

  it('any altered character is found, unless the line says the same as before', async () => {
    const change = fc.record({ line: fc.nat(), at: fc.nat(), by: fc.string({ unit: 'binary', maxLength: 2 }) });
    await fc.assert(
      fc.asyncProperty(logs, change, async (log, { line, at, by }) => {
        const { lines, ends } = await interleavedLogs(log);
        const index = line % lines.length;
        const originalLine = lines[index] ?? '';
        const position = at % originalLine.length;
        const changedLine = originalLine.slice(0, position) + by + originalLine.slice(position + 1);
        fc.pre(!saysTheSame(originalLine, changedLine));
        expect(await isFound(lines.with(index, changedLine), ends)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('any cut within a line is found', async () => {
    await fc.assert(
      fc.asyncProperty(logs, fc.nat(), fc.nat(), async (log, line, at) => {
        const { lines, ends } = await interleavedLogs(log);
        const index = line % lines.length;
        const originalLine = lines[index] ?? '';
        expect(await isFound(lines.with(index, originalLine.slice(0, at % originalLine.length)), ends)).toBe(true);
      }),
      runs,
    );
  });
});

function saysTheSame(line: string, changedLine: string): boolean {
  try {
    const canonical = (text: string) => JSON.stringify(Object.entries(JSON.parse(text) as object).sort());
    return canonical(line) === canonical(changedLine);
  } catch {
    return false;
  }
}
