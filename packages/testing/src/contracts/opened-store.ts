import type { Clock } from '@mandate/ports';
import { fixedClock } from '../fixed-clock.js';

/** A store as its contract needs it: empty, and seen by two replicas. */
export interface OpenedStore<Store> {
  store: Store;
  /** The store as another replica sees it; the same where there is one process. */
  replica: Store;
  /** Epoch seconds. */
  now: Clock;
  /** Lets so many seconds pass. */
  elapse: (seconds: number) => Promise<void>;
  close?: () => Promise<void>;
}

/** Opens a store in the memory of this process, by a clock that stands still until seconds are to pass. */
export function openMemoryStore<Store>(create: (options: { clock: Clock }) => Store): Promise<OpenedStore<Store>> {
  const clock = fixedClock();
  const store = create({ clock });
  const elapse = (seconds: number): Promise<void> => {
    clock.advance(seconds);
    return Promise.resolve();
  };
  return Promise.resolve({ store, replica: store, now: clock, elapse });
}
