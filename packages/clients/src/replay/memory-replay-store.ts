import { type Clock, UpstreamError } from '@mandate/ports';
import type { ReplayStore } from './replay-store.js';

export interface MemoryReplayStoreOptions {
  clock: Clock;
  /** Default 200,000. A full store refuses: it never forgets a key that could still be used again. */
  maxEntries?: number;
}

/** Used keys in this process, for one process alone. */
export function createMemoryReplayStore({ clock, maxEntries = 200_000 }: MemoryReplayStoreOptions): ReplayStore {
  const usedUntil = new Map<string, number>();
  // a map keeps the order of insertion, and lifetimes are short: what has expired is found at its front
  const dropExpired = (now: number): void => {
    for (const [key, expiresAt] of usedUntil) {
      if (expiresAt > now) return;
      usedUntil.delete(key);
    }
  };

  const isMarked = (key: string, now: number): boolean => (usedUntil.get(key) ?? now) > now;

  return {
    isUsed: (key) => Promise.resolve(isMarked(key, clock())),
    markUsed(key, expiresAt) {
      const now = clock();
      dropExpired(now);
      if (isMarked(key, now)) return Promise.resolve(false);
      if (usedUntil.size >= maxEntries) {
        return Promise.reject(new UpstreamError('replays', 'overloaded', 'the store in memory is full'));
      }
      usedUntil.delete(key);
      usedUntil.set(key, expiresAt);
      return Promise.resolve(true);
    },
  };
}
