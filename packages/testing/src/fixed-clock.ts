import type { Clock } from '@mandate/ports';

/** A clock that stands still until told otherwise. Times are epoch seconds. */
export interface FixedClock extends Clock {
  advance(seconds: number): void;
}

export const TEST_START = 1_800_000_000;

export function fixedClock(start = TEST_START): FixedClock {
  let now = start;
  const clock = (): number => now;
  return Object.assign(clock, { advance: (seconds: number) => void (now += seconds) });
}
