import { writeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '@mandate/ports';
import { nodeErrorCode } from '../files/node-error-code.js';
import type { AuditSink } from './audit-sink.js';
import { createChainedSink } from './chained-sink.js';
import { type ByteOutput, createLineWriter } from './line-writer.js';

const RETRY_MS = 5;
const MAX_RETRIES = 400;

/** Audit events among the log lines of standard output; `destination`: where those go instead. */
export function createStdoutAuditSink({
  destination,
  clock,
}: {
  destination?: { write(line: string): void } | undefined;
  clock: Clock;
}): AuditSink {
  const output = destination === undefined ? { write: writeStandardOutput } : byteOutput(destination);
  return createChainedSink({ lines: createLineWriter(output), release: () => Promise.resolve(), clock });
}

function byteOutput(destination: { write(line: string): void }): ByteOutput {
  return {
    write(bytes) {
      destination.write(bytes.toString('utf8'));
      return bytes.length;
    },
  };
}

/** Synchronous like the log, so that no log line stands inside an event; a full pipe is waited for, for two seconds. */
async function writeStandardOutput(bytes: Buffer): Promise<number> {
  for (let retries = 0; ; retries++) {
    try {
      return writeSync(1, bytes);
    } catch (error) {
      if (nodeErrorCode(error) !== 'EAGAIN' || retries === MAX_RETRIES) throw error;
      await delay(RETRY_MS);
    }
  }
}
