import { setTimeout as sleep } from 'node:timers/promises';
import { type ConsentAnswer, SLOW_DOWN_SECONDS } from '@mandate/delegations';
import type { Holding } from './waiting-calls.js';

/** How to wait for an answer; without a wait, one look. */
export interface Wait extends Holding {
  /** Seconds between two polls. */
  interval: number;
}

/** By how much the looks before may have been late. */
const LATE_MS = 500;

/**
 * Polls until there is an answer, or the wait is over. Whoever waits looks after an interval first, since they may have
 * looked just before; nobody who waits less than an interval is kept from looking. No look after that is too early: it
 * would make the interval longer for good.
 */
export async function awaitAnswer(poll: () => Promise<ConsentAnswer>, wait: Wait): Promise<ConsentAnswer> {
  const { waitSeconds, signal } = wait;
  if (waitSeconds === 0) return poll();
  const end = performance.now() + waitSeconds * 1000;
  const rest = (): number => Math.max(0, end - performance.now());
  let { interval } = wait;
  do {
    await sleep(Math.min(interval * 1000, rest()), undefined, { signal }).catch(() => undefined);
    if (signal.aborted) break;
    const answer = await poll();
    if (answer.kind !== 'pending' && answer.kind !== 'slow_down') return answer;
    interval = nextInterval(answer, interval);
  } while (rest() > Math.max(0, interval * 1000 - LATE_MS));
  return { kind: 'pending', interval };
}

/** Seconds between this look and the next: what was told, else as CIBA Core 1.0 section 11 has it. */
export function nextInterval(
  { kind, interval }: Extract<ConsentAnswer, { kind: 'pending' | 'slow_down' }>,
  before: number,
): number {
  return interval ?? (kind === 'slow_down' ? before + SLOW_DOWN_SECONDS : before);
}
