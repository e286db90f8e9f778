import { setTimeout as sleep } from 'node:timers/promises';
import type { ConsentAnswer } from '@mandate/delegations';
import type { Holding } from './waiting-calls.js';

/** How to wait for an answer; without a wait, one look. */
export interface Wait extends Holding {
  /** Seconds between two polls. */
  interval: number;
}

/** By how much the interval grows of whoever looks too early (CIBA Core 1.0 section 11). */
export const SLOW_DOWN_SECONDS = 5;

/**
 * Polls until there is an answer, or the wait is over. Whoever waits looks after an interval first, since they may have
 * looked just before; nobody who waits less than an interval is kept from looking.
 */
export async function awaitAnswer(poll: () => Promise<ConsentAnswer>, wait: Wait): Promise<ConsentAnswer> {
  const { waitSeconds, signal } = wait;
  if (waitSeconds === 0) return poll();
  const end = performance.now() + waitSeconds * 1000;
  let intervalMs = wait.interval * 1000;
  for (;;) {
    await sleep(Math.max(0, Math.min(intervalMs, end - performance.now())), undefined, { signal }).catch(
      () => undefined,
    );
    if (signal.aborted) return { kind: 'pending' };
    const answer = await poll();
    if (answer.kind !== 'pending' && answer.kind !== 'slow_down') return answer;
    if (performance.now() >= end) return { kind: 'pending' };
    if (answer.kind === 'slow_down') intervalMs += SLOW_DOWN_SECONDS * 1000;
  }
}
