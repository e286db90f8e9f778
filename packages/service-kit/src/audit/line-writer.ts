import { UpstreamError, type UpstreamFailure } from '@mandate/ports';
import { nodeErrorCode } from '../files/node-error-code.js';

/** Where bytes go. `write` takes some of them and says how many. */
export interface ByteOutput {
  write(bytes: Buffer): Promise<number> | number;
}

/** Appends lines, one at a time. */
export interface LineWriter {
  /** @throws UpstreamError `audit` when the line is not written whole. */
  append(line: string): Promise<void>;
}

/**
 * Writes whole lines. A line that was cut short by a full disk stays as it is and the next one starts on a line of its
 * own. `midLine`: the output ends within a line already.
 */
export function createLineWriter(output: ByteOutput, { midLine = false } = {}): LineWriter {
  return {
    async append(line) {
      const opening = midLine ? '\n' : '';
      const bytes = Buffer.from(`${opening}${line}\n`);
      let written = 0;
      try {
        while (written < bytes.length) written += await writeSome(output, bytes.subarray(written));
        midLine = false;
      } catch (error) {
        if (written > 0) midLine = written > opening.length;
        // Only the line feed is missing: the line is there, and must not be reported as lost.
        if (written < bytes.length - 1) throw auditError(error);
      }
    },
  };
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
