import { UpstreamError } from '@mandate/ports';

/** Runs tasks, so many at once, and lets only so many wait. */
export interface WorkQueue {
  /** @throws UpstreamError `overloaded` when the waiting room is full. */
  run<T>(task: () => Promise<T>): Promise<T>;
}

export interface WorkQueueOptions {
  /** What is reported as overloaded. */
  name: string;
  concurrency: number;
  maxWaiting: number;
}

/** A first come, first served queue with a bounded waiting room. */
export function createWorkQueue({ name, concurrency, maxWaiting }: WorkQueueOptions): WorkQueue {
  const turns: (() => void)[] = [];
  let runs = 0;
  const turn = (): Promise<void> => new Promise((resolve) => turns.push(resolve));

  return {
    async run(task) {
      if (runs < concurrency) runs++;
      else if (turns.length < maxWaiting) await turn();
      else throw new UpstreamError(name, 'overloaded');
      try {
        return await task();
      } finally {
        // the place passes to the next in line without becoming free in between
        const next = turns.shift();
        if (next === undefined) runs--;
        else next();
      }
    },
  };
}
