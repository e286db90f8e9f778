import { UpstreamError, type UpstreamFailure } from '@mandate/ports';
import { nodeErrorCode } from '../files/node-error-code.js';

/** Where bytes go. `write` takes some of them and says how many. */
export interface ByteOutput {
  write(bytes: Buffer): Promise<number> | number;
}

/** Appends lines, one call at a time. */
export interface LineWriter {
  /** Takes lines without their line feeds; in one write, where the output takes them all. Never rejects. */
  append(lines: readonly string[]): Promise<Appended>;
}

/** How many of the lines are written whole: all of them, or the first ones, and why not the others. */
export type Appended = { ok: true } | { ok: false; written: number; failure: UpstreamError };

const LINE_FEED = 0x0a;

/**
 * Writes whole lines. A line that was cut short by a full disk stays as it is and the next one starts on a line of its
 * own. `midLine`: the output ends within a line already.
 */
export function createLineWriter(output: ByteOutput, { midLine = false } = {}): LineWriter {
  return {
    async append(lines) {
      const opening = midLine ? '\n' : '';
      const bytes = Buffer.from(`${opening}${lines.join('\n')}\n`);
      let sent = 0;
      try {
        while (sent < bytes.length) sent += await writeSome(output, bytes.subarray(sent));
        midLine = false;
        return { ok: true };
      } catch (error) {
        if (sent > 0) midLine = bytes[sent - 1] !== LINE_FEED;
        return appendedOf(lines, { sent: sent - opening.length, error });
      }
    },
  };
}

/** What became of lines when an error let only so many of their bytes be written. */
export function appendedOf(lines: readonly string[], { sent, error }: { sent: number; error: unknown }): Appended {
  let end = 0;
  for (const [written, line] of lines.entries()) {
    end += Buffer.byteLength(line);
    if (end > sent) return { ok: false, written, failure: auditError(error) };
    end++;
  }
  // Only the last line feed is missing: the line is there, and must not be reported as lost.
  return { ok: true };
}

async function writeSome(output: ByteOutput, bytes: Buffer): Promise<number> {
  const count = await output.write(bytes);
  if (count === 0) throw new UpstreamError('audit', 'refused', 'nothing is written');
  return count;
}

const FAILURES: Readonly<Record<string, UpstreamFailure>> = {
  ENOSPC: 'overloaded',
  EDQUOT: 'overloaded',
  EFBIG: 'overloaded',
  EAGAIN: 'overloaded',
  EACCES: 'refused',
  EPERM: 'refused',
  EROFS: 'refused',
};

/** What may be said of a failed write: its code, never its message. */
export function auditError(error: unknown): UpstreamError {
  if (error instanceof UpstreamError) return error;
  const code = nodeErrorCode(error);
  return new UpstreamError('audit', FAILURES[code ?? ''] ?? 'unreachable', code);
}
