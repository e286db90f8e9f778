import type { Clock } from '@mandate/ports';
import { LRUCache } from 'lru-cache';
import type { RateLimiter } from './rate-limiter.js';
import { MICROSECONDS, consumeTokens } from './token-bucket.js';

export interface MemoryRateLimiterOptions {
  clock: Clock;
  /** Default 50,000. Beyond it the least recently used bucket is forgotten, and so full again. */
  maxBuckets?: number;
}

/** Buckets in this process, for one process alone. Their time goes in whole seconds. */
export function createMemoryRateLimiter({ clock, maxBuckets = 50_000 }: MemoryRateLimiterOptions): RateLimiter {
  const buckets = new LRUCache<string, number>({ max: maxBuckets });
  return {
    consume({ bucket, ...consumption }) {
      const name = JSON.stringify(bucket);
      const now = clock() * MICROSECONDS;
      const { wait, fullAt } = consumeTokens(buckets.get(name) ?? now, now, consumption);
      if (fullAt > now) buckets.set(name, fullAt);
      else buckets.delete(name);
      return Promise.resolve(Math.ceil(wait / MICROSECONDS));
    },
  };
}
