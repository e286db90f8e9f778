import { describe, expect, it } from '@jest/globals';
import { UpstreamError } from '@mandate/ports';
import { describeReplayStoreContract, fixedClock, openMemoryStore } from '@mandate/testing';
import { createMemoryReplayStore } from '../../src/index.js';

describeReplayStoreContract('memory', () => openMemoryStore(createMemoryReplayStore));

describe('createMemoryReplayStore', () => {
  it('refuses when it is full, forgets nothing that could be used again, and has room when keys expire', async () => {
    const clock = fixedClock();
    const store = createMemoryReplayStore({ clock, maxEntries: 2 });
    const mark = (key: string, seconds: number) => store.markUsed(key, clock() + seconds);
    expect([await mark('a', 10), await mark('b', 20)]).toEqual([true, true]);
    await expect(mark('c', 10)).rejects.toThrow(UpstreamError);
    expect(await mark('a', 10)).toBe(false);
    clock.advance(10);
    expect([await mark('c', 10), await mark('b', 10)]).toEqual([true, false]);
  });
});
