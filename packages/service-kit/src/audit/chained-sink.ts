import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Clock, UpstreamError } from '@mandate/ports';
import { type AuditChain, type ChainedEntry, createAuditChain } from './audit-chain.js';
import type { AuditEvent, AuditSink } from './audit-sink.js';
import { renderEvent } from './event-members.js';
import type { LineWriter } from './line-writer.js';

export interface ChainedSink extends AuditSink {
  check(): Promise<void>;
  close(): Promise<void>;
  /** Runs after the events recorded before, and before those recorded after it. */
  betweenEvents: <T>(task: () => Promise<T>) => Promise<T>;
}

export interface ChainedSinkOptions {
  lines: LineWriter;
  /** Lets go of what `lines` writes to. */
  release: () => Promise<void>;
  clock: Clock;
  /** Characters of events that may wait, those being written included. */
  maxWaiting?: number;
}

const MAX_WAITING = 2 ** 23;
const MAX_BATCH = 256;

interface WaitingEvent extends ChainedEntry {
  length: number;
  settle: (failure: UpstreamError | undefined) => void;
}

type Waiting = WaitingEvent | { run: () => Promise<void> };

/**
 * Writes events as JSON lines that form a hash chain of this process, all of one turn in one write. Up to 8 Mi
 * characters of them wait for what is being written; more are refused, and the next one that is not says how many.
 */
export function createChainedSink(options: ChainedSinkOptions): ChainedSink {
  const { lines, release, clock, maxWaiting = MAX_WAITING } = options;
  const chain = createAuditChain(lines);
  const queue = createQueue(chain);
  let length = 0;
  let refused = 0;
  let closed: Promise<void> | undefined;

  const own = (event: 'resumed' | 'closed', lost = 0): ChainedEntry => ({
    members: [`"event":"${event}"`, `"time":"${new Date(clock() * 1000).toISOString()}"`],
    lost,
    own: true,
  });

  function refuse(detail: string): Promise<never> {
    refused++;
    return Promise.reject(new UpstreamError('audit', 'overloaded', detail));
  }

  async function closeChain(): Promise<void> {
    try {
      if (chain.used() || refused > 0) await chain.writeOne(own('closed', refused));
    } finally {
      await release();
    }
  }

  return {
    betweenEvents: queue.run,
    record(event: AuditEvent) {
      if (closed !== undefined) return refuse('closed');
      const members = renderEvent(event);
      const size = members.reduce((sum, member) => sum + member.length, 0);
      if (length + size > maxWaiting) return refuse('too many events wait');
      const lost = refused;
      [length, refused] = [length + size, 0];
      return new Promise((resolve, reject) => {
        const settle = (failure: UpstreamError | undefined): void => {
          length -= size;
          if (failure === undefined) resolve();
          else reject(failure);
        };
        queue.add({ members, lost, own: false, length: size, settle });
      });
    },
    check: () =>
      queue.run(async () => {
        if (chain.failing()) await chain.writeOne(own('resumed'));
      }),
    close: () => (closed ??= queue.run(closeChain)),
  };
}

interface Queue {
  add(event: WaitingEvent): void;
  run<T>(task: () => Promise<T>): Promise<T>;
}

/** Events and tasks in the order they were handed in; those of the events that stand together in one write. */
function createQueue(chain: AuditChain): Queue {
  const waiting: Waiting[] = [];
  let draining = false;

  async function drain(): Promise<void> {
    await nextTurn();
    for (let first = waiting.shift(); first !== undefined; first = waiting.shift()) {
      if ('run' in first) await first.run();
      else await writeBatch(chain, [first, ...takeEvents(waiting)]);
    }
    draining = false;
  }

  function enqueue(item: Waiting): void {
    waiting.push(item);
    if (draining) return;
    draining = true;
    void drain();
  }

  return {
    add: enqueue,
    run: (task) => new Promise((resolve, reject) => enqueue({ run: () => task().then(resolve, reject) })),
  };
}

function takeEvents(waiting: Waiting[]): WaitingEvent[] {
  const events: WaitingEvent[] = [];
  for (const item of waiting) {
    if ('run' in item || events.length === MAX_BATCH) break;
    events.push(item);
  }
  waiting.splice(0, events.length);
  return events;
}

async function writeBatch(chain: AuditChain, events: readonly WaitingEvent[]): Promise<void> {
  const appended = await chain.write(events);
  events.forEach(({ settle }, index) => {
    settle(appended.ok || index < appended.written ? undefined : appended.failure);
  });
}
