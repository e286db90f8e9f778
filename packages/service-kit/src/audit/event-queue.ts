import { setImmediate as nextTurn } from 'node:timers/promises';
import type { UpstreamError } from '@mandate/ports';
import type { AuditChain, ChainedEntry } from './audit-chain.js';

/** An entry, and who waits for it to be written or to fail. */
export interface WaitingEvent extends ChainedEntry {
  settle: (failure: UpstreamError | undefined) => void;
}

type Waiting = WaitingEvent | { run: () => Promise<void> };

const MAX_BATCH = 256;

/** Events and tasks in the order they were handed in; events that stand together are one write. */
export interface EventQueue {
  add(event: WaitingEvent): void;
  run: <T>(task: () => Promise<T>) => Promise<T>;
}

/** Makes a queue that writes to the chain, from the turn after the one in which something is handed in. */
export function createEventQueue(chain: AuditChain): EventQueue {
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
