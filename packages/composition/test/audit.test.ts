import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { testDirectory, until } from '@mandate/testing';
import { createLogger, createMetrics, readConfig, verifyAuditLog } from '@mandate/service-kit';
import { z } from 'zod';
import { auditConfig, composeAuditSink } from '../src/index.js';
import { auditEvent } from './audit-event.js';
import type { Audit } from '../src/audit.js';

let folder = '';
let currentAudit: Audit | undefined;
const children: ChildProcess[] = [];

beforeEach(() => {
  folder = testDirectory();
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await currentAudit?.close();
  currentAudit = undefined;
});

async function composeFrom(env: Record<string, string>) {
  const world = { now: 1_800_000_000, log: [] as string[], output: [] as string[] };
  const metrics = createMetrics({ defaults: false });
  const audit = await composeAuditSink(readConfig(z.object(auditConfig), { env }), {
    logger: createLogger({ level: 'info', service: 'test', destination: { write: (line) => world.log.push(line) } }),
    metrics,
    clock: () => world.now,
    output: { write: (line) => world.output.push(line) },
  });
  currentAudit = audit;
  const failures = async () => Number(/audit_failures_total\{[^}]*\} (\d+)/.exec((await metrics.render()).body)?.[1]);
  return { audit, world, failures };
}

const FULL = { AUDIT_SINK: 'file', AUDIT_FILE: '/dev/full' };

function linesOf(file: string): string[] {
  return readFileSync(file, 'utf8').split('\n').slice(0, -1);
}

describe('composeAuditSink', () => {
  it('writes to standard output, wherever that goes, unless told otherwise', async () => {
    const { audit, world } = await composeFrom({});
    await audit.sink.record(auditEvent);
    await audit.close();
    expect(world.output.map((line) => (JSON.parse(line) as { event: string }).event)).toEqual(['exchange', 'closed']);
    expect(world.log).toEqual([]);
  });

  it('writes nothing when it is off', async () => {
    const { audit, world } = await composeFrom({ AUDIT_SINK: 'off' });
    await audit.sink.record(auditEvent);
    await audit.close();
    expect(world.output).toEqual([]);
  });

  it.each([
    [{ AUDIT_SINK: 'file' }, 'AUDIT_FILE', 'is needed for AUDIT_SINK=file'],
    [{ AUDIT_SINK: 'file', AUDIT_FILE: '/nowhere/audit.log' }, 'AUDIT_FILE', 'cannot be opened (ENOENT)'],
    [{ AUDIT_SINK: 'off', AUDIT_REQUIRED: 'true' }, 'AUDIT_SINK', 'is off, and AUDIT_REQUIRED is true'],
  ])('S11 refuses %j at the start, naming %s', async (env, variable, message) => {
    await expect(composeFrom(env)).rejects.toMatchObject({ name: 'ConfigError', issues: [{ variable, message }] });
  });
});

describe('a full disk', () => {
  it('with AUDIT_REQUIRED=true fails the decision and takes the replica out of service', async () => {
    const { audit, failures } = await composeFrom({ ...FULL, AUDIT_REQUIRED: 'true' });
    expect(await audit.parts[0]?.status()).toEqual({ ready: true });
    const failure = { name: 'UpstreamError', dependency: 'audit', detail: 'ENOSPC' };
    await expect(audit.sink.record(auditEvent)).rejects.toMatchObject(failure);
    expect(await failures()).toBe(1);
    expect(await audit.parts[0]?.status()).toMatchObject({ ready: false, detail: 'events are not written: ENOSPC' });
  });

  it('otherwise is counted, degrades readiness, and is logged once a minute', async () => {
    const { audit, world, failures } = await composeFrom(FULL);
    let lost = 0;
    const recordSome = async (count: number) => {
      for (let index = 0; index < count; index++) await audit.sink.record(auditEvent);
      lost += count;
      await until(async () => (await failures()) === lost);
    };
    await recordSome(5);
    expect(await audit.parts[0]?.status()).toMatchObject({ ready: true, degraded: true });
    world.now += 59;
    await recordSome(2);
    expect(world.log).toHaveLength(1);
    world.now += 1;
    await recordSome(1);
    const logLines = world.log.map((line) => JSON.parse(line) as object);
    expect(logLines).toMatchObject([
      { level: 'error', msg: 'audit events not written', failure: 'overloaded', detail: 'ENOSPC', count: 1 },
      { count: 7 },
    ]);
  });

  it('does not stop the process from closing', async () => {
    const { audit } = await composeFrom(FULL);
    await audit.sink.record(auditEvent);
    await expect(audit.close()).resolves.toBeUndefined();
  });
});

function spawnAudit(env: Record<string, string>): ChildProcess {
  const main = new URL('./audit-process.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, ['--import', 'tsx', '--conditions=mandate-source', main], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  return child;
}

describe('a process that writes while its file is rotated', () => {
  it('goes on in a new file on SIGHUP, loses nothing, and closes the chain on SIGTERM', async () => {
    const file = join(folder, 'audit.log');
    const child = spawnAudit({ AUDIT_SINK: 'file', AUDIT_FILE: file });
    const output = text(child.stdout ?? process.stdin);
    const rotatedFiles: string[] = [];
    for (const number of [1, 2]) {
      await until(() => existsSync(file) && linesOf(file).length > 20);
      renameSync(file, `${file}.${number}`);
      rotatedFiles.push(`${file}.${number}`);
      child.kill('SIGHUP');
    }
    await until(() => existsSync(file) && linesOf(file).length > 20);
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
    const verdict = await verifyAuditLog([...rotatedFiles, file].flatMap(linesOf));
    expect(verdict).toMatchObject({ ok: true, problems: [], warnings: [], writers: [{ closed: true }] });
    expect((await output).match(/audit file opened anew/g)).toHaveLength(2);
  });

  it('leaves a chain without an end when it is killed, which shows', async () => {
    const file = join(folder, 'audit.log');
    const child = spawnAudit({ AUDIT_SINK: 'file', AUDIT_FILE: file });
    await until(() => existsSync(file) && linesOf(file).length > 20);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect((await verifyAuditLog(linesOf(file))).warnings).toMatchObject([{ kind: 'no_closing_event' }]);
  });
});

describe('a process that writes to standard output', () => {
  it('writes whole lines, also to a reader that is slow, and closes the chain on SIGTERM', async () => {
    const child = spawnAudit({});
    const stdout = child.stdout ?? process.stdin;
    await once(stdout, 'readable');
    await delay(500);
    let output = '';
    stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
    await until(() => output.split('\n').length > 300);
    child.kill('SIGTERM');
    await once(stdout, 'end');
    const lines = output.split('\n').slice(0, -1);
    expect(await verifyAuditLog(lines)).toMatchObject({ ok: true, problems: [], warnings: [] });
  });
});
