import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { createFileAuditSink, createStdoutAuditSink, verifyAuditLog } from '@mandate/service-kit';
import { auditEvent, describeAuditSinkContract, fixedClock, testDirectory } from '@mandate/testing';

const clock = fixedClock();
let folder = '';
let path = '';

beforeEach(() => {
  folder = testDirectory();
  path = join(folder, 'audit.log');
});

function linesOf(file: string): string[] {
  return readFileSync(file, 'utf8').split('\n').slice(0, -1);
}

describeAuditSinkContract('stdout', () => {
  const writes: string[] = [];
  const sink = createStdoutAuditSink({ destination: { write: (line) => writes.push(line) }, clock });
  return { sink, lines: () => writes.map((line) => line.replace(/\n$/, '')) };
});

describeAuditSinkContract('file', async () => {
  const file = path;
  return { sink: await createFileAuditSink({ path: file, clock }), lines: () => linesOf(file) };
});

describe('the stdout sink', () => {
  it('hands over one line at a time, with its line feed', async () => {
    const writes: string[] = [];
    const sink = createStdoutAuditSink({ destination: { write: (line) => writes.push(line) }, clock });
    await sink.record(auditEvent);
    await sink.record(auditEvent);
    expect(writes.map((line) => line.indexOf('\n') === line.length - 1)).toEqual([true, true]);
  });

  it('is a failed dependency when its destination throws', async () => {
    const fail = (): never => {
      throw Object.assign(new Error('hunter2'), { code: 'EPIPE' });
    };
    const sink = createStdoutAuditSink({ destination: { write: fail }, clock });
    await expect(sink.record(auditEvent)).rejects.toMatchObject({
      dependency: 'audit',
      failure: 'unreachable',
      detail: 'EPIPE',
    });
  });
});

describe('the file sink', () => {
  it('appends to what is there, and each process is a chain of its own', async () => {
    for (const client of ['first', 'second']) {
      const sink = await createFileAuditSink({ path, clock });
      await sink.record({ ...auditEvent, client });
      await sink.close?.();
    }
    const verdict = await verifyAuditLog(linesOf(path));
    expect(verdict).toMatchObject({ ok: true, events: 4, warnings: [], writers: [{ events: 2 }, { events: 2 }] });
  });

  it('lets several processes write to one file at a time', async () => {
    const sinks = await Promise.all([1, 2, 3].map(() => createFileAuditSink({ path, clock })));
    await Promise.all(sinks.flatMap((sink) => Array.from({ length: 20 }, () => sink.record(auditEvent))));
    expect(await verifyAuditLog(linesOf(path))).toMatchObject({ ok: true, events: 60, problems: [] });
    for (const sink of sinks) await sink.close?.();
  });

  it('goes on in a new file after rotation: the chain continues from one file to the next', async () => {
    const sink = await createFileAuditSink({ path, clock });
    await sink.record(auditEvent);
    renameSync(path, `${path}.1`);
    const recordBefore = sink.record(auditEvent);
    await Promise.all([recordBefore, sink.reopen(), sink.record(auditEvent)]);
    await sink.close?.();
    const [first, second] = [linesOf(`${path}.1`), linesOf(path)];
    expect([first.length, second.length]).toEqual([2, 2]);
    expect(await verifyAuditLog([...first, ...second])).toMatchObject({ ok: true, problems: [], warnings: [] });
    expect(await verifyAuditLog(second)).toMatchObject({ ok: false, problems: [{ line: 1, kind: 'missing' }] });
  });

  it('keeps the old file when the new one cannot be opened', async () => {
    const inner = join(folder, 'inner');
    mkdirSync(inner);
    const sink = await createFileAuditSink({ path: join(inner, 'audit.log'), clock });
    await sink.record(auditEvent);
    renameSync(inner, `${inner}.1`);
    await expect(sink.reopen()).rejects.toMatchObject({ dependency: 'audit', detail: 'ENOENT' });
    await sink.record(auditEvent);
    expect(linesOf(join(`${inner}.1`, 'audit.log'))).toHaveLength(2);
    await sink.close?.();
  });

  it('starts on a new line after a process that died while it wrote, and the damage shows', async () => {
    writeFileSync(path, '{"writer":"a process that was killed","seq":1,"ti');
    const sink = await createFileAuditSink({ path, clock });
    await sink.record(auditEvent);
    await sink.close?.();
    expect(linesOf(path)).toHaveLength(3);
    expect(await verifyAuditLog(linesOf(path))).toMatchObject({
      ok: false,
      events: 2,
      problems: [{ line: 1, kind: 'incomplete' }],
    });
  });

  it('is a failed dependency on a full disk, for every event and for the check, until there is room', async () => {
    const sink = await createFileAuditSink({ path: '/dev/full', clock });
    const full = { name: 'UpstreamError', dependency: 'audit', failure: 'overloaded', detail: 'ENOSPC' };
    await expect(sink.check?.()).resolves.toBeUndefined();
    await expect(sink.record(auditEvent)).rejects.toMatchObject(full);
    await expect(sink.record(auditEvent)).rejects.toMatchObject(full);
    await expect(sink.check?.()).rejects.toMatchObject(full);
    await expect(sink.close?.()).rejects.toMatchObject(full);
  });

  it('cannot be made where the file cannot be opened', async () => {
    await expect(createFileAuditSink({ path: join(folder, 'none/audit.log'), clock })).rejects.toMatchObject({
      dependency: 'audit',
      detail: 'ENOENT',
    });
  });
});
