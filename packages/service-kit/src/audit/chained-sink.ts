import { type Clock, UpstreamError } from '@mandate/ports';
import { type ChainedEntry, createAuditChain } from './audit-chain.js';
import type { AuditEvent, AuditSink } from './audit-sink.js';
import { createEventRenderer } from './event-members.js';
import { createEventQueue } from './event-queue.js';
import type { LineWriter } from './line-writer.js';

export interface ChainedSink extends AuditSink {
  check(): Promise<void>;
  close(): Promise<void>;
  /** Runs after the events recorded before, and before those recorded after it. */
  betweenEvents: <T>(task: () => Promise<T>) => Promise<T>;
}

export interface ChainedSinkOptions {
  lines: LineWriter;
  /** Closes what `lines` writes to. */
  release: () => Promise<void>;
  clock: Clock;
}

/** Characters of events that may wait, those being written included. */
const MAX_WAITING = 2 ** 23;

/**
 * Writes events as JSON lines that form a hash chain of this sink, all of one turn in one write. Up to 8 Mi
 * characters of them wait for what is being written; more are refused, and the next one that is not says how many.
 */
export function createChainedSink(options: ChainedSinkOptions): ChainedSink {
  const { lines, release, clock } = options;
  const chain = createAuditChain(lines);
  const queue = createEventQueue(chain);
  const renderEvent = createEventRenderer();
  let waiting = 0;
  let refused = 0;
  let closed: Promise<void> | undefined;

  function refuse(detail: string): Promise<never> {
    refused++;
    return Promise.reject(new UpstreamError('audit', 'overloaded', detail));
  }

  function enqueue(members: readonly string[]): Promise<void> {
    const length = members.reduce((sum, member) => sum + member.length, 0);
    if (waiting + length > MAX_WAITING) return refuse('too many events wait');
    const lost = refused;
    refused = 0;
    waiting += length;
    return new Promise((resolve, reject) => {
      const settle = (failure: UpstreamError | undefined): void => {
        waiting -= length;
        if (failure === undefined) resolve();
        else reject(failure);
      };
      queue.add({ members, lost, own: false, settle });
    });
  }

  async function closeChain(): Promise<void> {
    try {
      if (chain.used() || refused > 0) await chain.writeOne(ownEntry('closed', { clock, lost: refused }));
    } finally {
      await release();
    }
  }

  return {
    betweenEvents: queue.run,
    record: (event: AuditEvent) => (closed === undefined ? enqueue(renderEvent(event)) : refuse('closed')),
    check: () =>
      queue.run(async () => {
        if (chain.failing()) await chain.writeOne(ownEntry('resumed', { clock, lost: 0 }));
      }),
    close: () => (closed ??= queue.run(closeChain)),
  };
}

function ownEntry(event: 'resumed' | 'closed', { clock, lost }: { clock: Clock; lost: number }): ChainedEntry {
  const time = new Date(clock() * 1000).toISOString();
  return { members: [`"event":"${event}"`, `"time":"${time}"`], lost, own: true };
}
