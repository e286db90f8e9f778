import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Steps } from '@mandate/ports';

/** What a request may have to wait for, beside the longest single step. */
const TURN_MS = 5;

/** Runs the work between requests: a few milliseconds at a time, and then whoever waits has a turn. */
export async function finishInTurns<T>(steps: Steps<T>): Promise<T> {
  for (let until = performance.now() + TURN_MS; ;) {
    const { done, value } = steps.next();
    if (done === true) return value;
    if (performance.now() < until) continue;
    await nextTurn();
    until = performance.now() + TURN_MS;
  }
}
