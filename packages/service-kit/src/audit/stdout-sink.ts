import type { Clock } from '@mandate/ports';
import type { LineDestination, StandardOutput } from '../observe/standard-output.js';
import type { AuditSink } from './audit-sink.js';
import { createChainedSink } from './chained-sink.js';
import { auditError, type LineWriter } from './line-writer.js';

/** Audit events among the log lines, which go the same way: no log line stands inside an event. */
export function createStdoutAuditSink({
  destination,
  clock,
}: {
  destination: LineDestination | StandardOutput;
  clock: Clock;
}): AuditSink {
  const lines = 'append' in destination ? destination : lineByLine(destination);
  return createChainedSink({ lines, release: () => Promise.resolve(), clock });
}

function lineByLine(destination: LineDestination): LineWriter {
  return {
    append(lines) {
      for (const [written, line] of lines.entries()) {
        try {
          destination.write(`${line}\n`);
        } catch (error) {
          return Promise.resolve({ ok: false, written, failure: auditError(error) });
        }
      }
      return Promise.resolve({ ok: true });
    },
  };
}
