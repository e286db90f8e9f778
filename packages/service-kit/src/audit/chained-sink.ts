import { randomUUID } from 'node:crypto';
import { type Clock, type JsonObject, UpstreamError } from '@mandate/oauth';
import { renderAuditLine } from './audit-line.js';
import type { AuditSink } from './audit-sink.js';
import { eventMembers } from './event-members.js';
import type { LineWriter } from './line-writer.js';

export interface ChainedSink extends AuditSink {
  check(): Promise<void>;
  close(): Promise<void>;
  /** Runs between two events, never during one. */
  betweenEvents<T>(task: () => Promise<T>): Promise<T>;
}

export interface ChainedSinkOptions {
  lines: LineWriter;
  /** Lets go of what `lines` writes to. */
  release: () => Promise<void>;
  clock: Clock;
}

/** Events that may wait for the one being written; more are refused, not kept in memory. */
const MAX_WAITING = 1024;

/**
 * Writes events as JSON lines that form a hash chain of this process. An event that is not written leaves its number
 * out, and the next one that is says so in `lost`.
 */
export function createChainedSink({ lines, release, clock }: ChainedSinkOptions): ChainedSink {
  const writer = randomUUID();
  let last: { seq: number; hash: string | null } = { seq: 0, hash: null };
  let lost = 0;
  let failing = false;
  let waiting = 0;
  let turn: Promise<unknown> = Promise.resolve();
  let closed: Promise<void> | undefined;

  function betweenEvents<T>(task: () => Promise<T>): Promise<T> {
    const done = turn.then(task);
    turn = done.catch(() => undefined);
    return done;
  }

  async function write(members: JsonObject): Promise<void> {
    const seq = last.seq + lost + 1;
    const { line, hash } = renderAuditLine({ writer, seq, lost, prev: last.hash }, members);
    failing = true;
    await lines.append(line);
    last = { seq, hash };
    lost = 0;
    failing = false;
  }

  const writeOwn = (event: 'resumed' | 'closed') => write({ time: new Date(clock() * 1000).toISOString(), event });

  async function closeChain(): Promise<void> {
    try {
      if (last.seq + lost > 0) await writeOwn('closed');
    } finally {
      await release();
    }
  }

  return {
    betweenEvents,
    async record(event) {
      if (closed !== undefined || waiting >= MAX_WAITING) {
        lost++;
        throw new UpstreamError('audit', 'overloaded', closed === undefined ? 'too many events wait' : 'closed');
      }
      waiting++;
      const write1 = betweenEvents(() => write(eventMembers(event)));
      await write1
        .catch((error: unknown) => {
          lost++;
          throw error;
        })
        .finally(() => waiting--);
    },
    async check() {
      await betweenEvents(async () => {
        if (failing) await writeOwn('resumed');
      });
    },
    close: () => (closed ??= betweenEvents(closeChain)),
  };
}
