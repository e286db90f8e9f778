import { type FileHandle, open } from 'node:fs/promises';
import type { Clock } from '@mandate/ports';
import type { AuditSink } from './audit-sink.js';
import { createChainedSink } from './chained-sink.js';
import { auditError, createLineWriter, type LineWriter } from './line-writer.js';

export interface FileAuditSink extends AuditSink {
  /**
   * Goes on in a new file at the same path, between two events: rotation moved the old one away. The chain goes on
   * too. @throws UpstreamError when that file cannot be opened; the old one then stays in use.
   */
  reopen(): Promise<void>;
}

interface OpenFile {
  handle: FileHandle;
  lines: LineWriter;
}

/** Audit events appended to a file of their own. @throws UpstreamError when it cannot be opened. */
export async function createFileAuditSink({ path, clock }: { path: string; clock: Clock }): Promise<FileAuditSink> {
  let file = await openForAppending(path);
  const sink = createChainedSink({
    lines: { append: (lines) => file.lines.append(lines) },
    release: () => closeFile(file),
    clock,
  });
  return {
    ...sink,
    reopen: () =>
      sink.betweenEvents(async () => {
        const previous = file;
        file = await openForAppending(path);
        await closeFile(previous);
      }),
  };
}

async function openForAppending(path: string): Promise<OpenFile> {
  try {
    const handle = await open(path, 'a+', 0o640);
    const midLine = await endsWithinLine(handle);
    const output = { write: async (bytes: Buffer) => (await handle.write(bytes)).bytesWritten };
    return { handle, lines: createLineWriter(output, { midLine }) };
  } catch (error) {
    throw auditError(error);
  }
}

/** A process that died while it wrote leaves half a line behind. */
async function endsWithinLine(handle: FileHandle): Promise<boolean> {
  const { size } = await handle.stat();
  if (size === 0) return false;
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer.toString('latin1') !== '\n';
}

/** Not every line is synced to the disk, but a file that is left behind is. */
async function closeFile({ handle }: OpenFile): Promise<void> {
  await handle.datasync().catch(() => undefined);
  await handle.close().catch(() => undefined);
}
