import { describe, expect, it } from '@jest/globals';
import { verifyAuditLog } from '@mandate/service-kit';
import { auditEvent, fixedClock } from '@mandate/testing';
import fc from 'fast-check';
import { createChainedSink } from '../../src/audit/chained-sink.js';
import { createLineWriter } from '../../src/audit/line-writer.js';

/** A disk with so many bytes of room, which takes at most `bite` bytes at a time; room can be made. */
function createDisk({ room, bite = Infinity }: { room: number; bite?: number }) {
  const disk = { room, content: '' };
  const write = (bytes: Buffer): number => {
    if (disk.room <= 0) throw Object.assign(new Error('full'), { code: 'ENOSPC' });
    const count = Math.min(bytes.length, disk.room, bite);
    disk.room -= count;
    disk.content += bytes.subarray(0, count).toString('latin1');
    return count;
  };
  const sink = createChainedSink({
    lines: createLineWriter({ write }),
    release: () => Promise.resolve(),
    clock: fixedClock(),
  });
  return { disk, sink, lines: () => disk.content.split('\n').slice(0, -1) };
}

async function lineLength(): Promise<number> {
  const { disk, sink } = createDisk({ room: Infinity });
  await sink.record(auditEvent);
  return disk.content.length;
}

describe('a full disk', () => {
  it('leaves half a line that nothing is appended to, and the next event says that one was lost', async () => {
    const { disk, sink, lines } = createDisk({ room: (await lineLength()) + 30 });
    await sink.record(auditEvent);
    await expect(sink.record(auditEvent)).rejects.toMatchObject({ dependency: 'audit', detail: 'ENOSPC' });
    disk.room = Infinity;
    await sink.record(auditEvent);
    await sink.close();
    const [firstLine, halfLine, lineAfter] = lines();
    expect(halfLine).toHaveLength(30);
    expect(JSON.parse(lineAfter ?? '')).toMatchObject({ seq: 3, lost: 1, prev: JSON.parse(firstLine ?? '').hash });
    expect(await verifyAuditLog(lines())).toMatchObject({
      ok: true,
      problems: [],
      warnings: [{ line: 3, kind: 'lost', text: 'says that 1 event before it could not be written' }],
    });
  });

  it('does not report an event as lost of which only the line feed is missing', async () => {
    const { disk, sink, lines } = createDisk({ room: (await lineLength()) - 1 });
    await sink.record(auditEvent);
    disk.room = Infinity;
    await sink.close();
    expect(await verifyAuditLog(lines())).toMatchObject({ ok: true, events: 2, problems: [], warnings: [] });
  });

  it('goes on short writes until a line is whole', async () => {
    const { sink, lines } = createDisk({ room: Infinity, bite: 7 });
    await sink.record(auditEvent);
    await sink.close();
    expect(await verifyAuditLog(lines())).toMatchObject({ ok: true, events: 2, problems: [], warnings: [] });
  });

  it('is over when the check can write again: it says so in the log, and only then', async () => {
    const { disk, sink, lines } = createDisk({ room: 0 });
    await expect(sink.record(auditEvent)).rejects.toThrow('audit');
    await expect(sink.check()).rejects.toThrow('audit');
    disk.room = Infinity;
    await sink.check();
    await sink.check();
    expect(lines().map((line) => JSON.parse(line) as object)).toMatchObject([{ event: 'resumed', seq: 2, lost: 1 }]);
  });

  it('whenever and however often it happens: what was recorded is there, and the log is whole and honest', async () => {
    const steps = fc.array(
      fc.record({ room: fc.integer({ min: 0, max: 3000 }), events: fc.integer({ min: 0, max: 4 }) }),
      { maxLength: 8 },
    );
    await fc.assert(
      fc.asyncProperty(steps, fc.integer({ min: 1, max: 5000 }), async (plan, bite) => {
        const { disk, sink, lines } = createDisk({ room: 0, bite });
        let [records, failures] = [0, 0];
        for (const { room, events } of plan) {
          disk.room = room;
          const outcomes = await Promise.allSettled(Array.from({ length: events }, () => sink.record(auditEvent)));
          records += outcomes.filter(({ status }) => status === 'fulfilled').length;
          failures += outcomes.filter(({ status }) => status === 'rejected').length;
        }
        disk.room = Infinity;
        await sink.close();
        const verdict = await verifyAuditLog(lines());
        const eventCount = records + failures === 0 ? 0 : records + 1;
        expect(verdict).toMatchObject({ ok: true, events: eventCount, problems: [] });
        const losses = verdict.warnings.map(({ text }) => Number(/\d+/.exec(text)?.[0]));
        expect(losses.reduce((sum, count) => sum + count, 0)).toBe(failures);
      }),
      { numRuns: 300 },
    );
  });
});
