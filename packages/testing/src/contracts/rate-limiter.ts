import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Consumption, RateLimiter } from '@mandate/clients';
import { closeAfterEach } from '../close-after-each.js';
import type { OpenedStore } from './opened-store.js';

/** A bucket of three that gets a token every twenty minutes: no test takes so long. */
const THREE: Consumption = { bucket: ['client', 'a'], limit: { count: 3, seconds: 3600 }, tokens: 1 };
/** Empty after one, and full three seconds later: a busy machine may have taken one more by then. */
const QUICK: Consumption = { bucket: ['quick'], limit: { count: 1, seconds: 3 }, tokens: 1 };

/** What every `RateLimiter` promises. `open` makes one whose buckets are full. */
export function describeRateLimiterContract(name: string, open: () => Promise<OpenedStore<RateLimiter>>): void {
  describe(`RateLimiter contract: ${name}`, () => {
    const closeLater = closeAfterEach();
    let store: RateLimiter;
    let replica: RateLimiter;
    let elapse: OpenedStore<RateLimiter>['elapse'];
    beforeEach(async () => {
      ({ store, replica, elapse } = closeLater(await open()));
    });
    const consume = async (consumption: Consumption, times = 1): Promise<number[]> => {
      const waits: number[] = [];
      for (let turn = 0; turn < times; turn += 1) waits.push(await store.consume(consumption));
      return waits;
    };

    it('gives as many tokens as the bucket holds, then says in how many whole seconds there is one', async () => {
      const [first, second, third, wait = 0] = await consume(THREE, 4);
      expect([first, second, third]).toEqual([0, 0, 0]);
      expect(Number.isInteger(wait)).toBe(true);
      expect(wait).toBeGreaterThan(1140);
      expect(wait).toBeLessThanOrEqual(1200);
    });

    it.each([1, 7, 15, 99])('gives exactly %i of a bucket of so many', async (count) => {
      const waits = await consume({ ...THREE, limit: { count, seconds: 60_000 } }, count + 1);
      expect(waits.slice(0, -1)).toEqual(waits.slice(1).map(() => 0));
      expect(waits.at(-1)).toBeGreaterThan(0);
    });

    it('takes nothing when there is nothing, and nothing when asked for nothing', async () => {
      await consume({ ...THREE, tokens: 0 }, 5);
      expect(await consume(THREE, 3)).toEqual([0, 0, 0]);
      const [wait = 0] = await consume(THREE, 5);
      expect((await consume({ ...THREE, tokens: 0 }))[0]).toBeLessThanOrEqual(wait);
      expect((await consume(THREE))[0]).toBeGreaterThan(0);
    });

    it('has a token again when it said it would', async () => {
      let wait = 0;
      for (let turn = 0; turn < 10 && wait === 0; turn += 1) [wait = 0] = await consume(QUICK);
      expect([1, 2, 3]).toContain(wait);
      await elapse(wait);
      expect(await consume(QUICK)).toEqual([0]);
    });

    it('owes what was taken without being there, for an hour beyond an empty bucket at most', async () => {
      const limit = { ...THREE, owing: true };
      expect(await consume(limit, 4)).toEqual([0, 0, 0, 0]);
      expect((await consume(THREE))[0]).toBeGreaterThan(1200);
      await consume({ ...limit, tokens: 1_000_000 });
      const [wait = 0] = await consume(THREE);
      expect(wait).toBeGreaterThan(4740);
      expect(wait).toBeLessThanOrEqual(4800);
    });

    it('has what was given back, and never more than it holds', async () => {
      await consume(THREE, 3);
      await consume({ ...THREE, tokens: -2, owing: true });
      expect(await consume(THREE, 2)).toEqual([0, 0]);
      expect((await consume(THREE))[0]).toBeGreaterThan(0);
      await consume({ ...THREE, tokens: -5, owing: true });
      const [first, second, third, wait] = await consume(THREE, 4);
      expect([first, second, third]).toEqual([0, 0, 0]);
      expect(wait).toBeGreaterThan(0);
    });

    it('tells buckets apart by their whole name', async () => {
      await consume(THREE, 3);
      const others = [
        ['client', 'A'],
        ['client'],
        ['client', 'a', ''],
        ['client,a'],
        ['"client"', 'a'],
        ['', '__proto__'],
      ];
      for (const bucket of others) expect(await consume({ ...THREE, bucket })).toEqual([0]);
      const [wait] = await consume({ ...THREE, bucket: ['client', 'a'] });
      expect(wait).toBeGreaterThan(0);
    });

    it('gives each token once, to whichever replica asks, however many ask at once', async () => {
      const waits = Array.from({ length: 40 }, (_, turn) => (turn % 2 === 0 ? store : replica).consume(THREE));
      expect((await Promise.all(waits)).filter((wait) => wait === 0)).toHaveLength(3);
    });
  });
}
