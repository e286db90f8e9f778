import { describe, expect, it } from '@jest/globals';
import { createMemoryRateLimiter } from '@mandate/clients';
import { describeRateLimiterContract, fixedClock, openMemoryStore } from '@mandate/testing';

describeRateLimiterContract('memory', () => openMemoryStore(createMemoryRateLimiter));

describe('createMemoryRateLimiter', () => {
  const limit = { count: 1, seconds: 60 };

  it('C9 keeps so many buckets and forgets the one longest unused, however many names there are', async () => {
    const limiter = createMemoryRateLimiter({ clock: fixedClock(), maxBuckets: 2 });
    const consume = (name: string) => limiter.consume({ bucket: [name], limit, tokens: 1 });
    expect([await consume('a'), await consume('b')]).toEqual([0, 0]);
    expect(await consume('a')).toBe(60);
    expect(await consume('c')).toBe(0);
    expect(await consume('a')).toBe(60);
    expect(await consume('b')).toBe(0);
  });
});
