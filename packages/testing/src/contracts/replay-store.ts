import { beforeEach, describe, expect, it } from '@jest/globals';
import type { ReplayStore } from '@mandate/clients';
import { closeAfterEach } from '../close-after-each.js';
import type { OpenedStore } from './opened-store.js';

const COPIES = 50;
const ROUNDS = 5;

/** What every `ReplayStore` promises. `open` makes an empty one. */
export function describeReplayStoreContract(name: string, open: () => Promise<OpenedStore<ReplayStore>>): void {
  describe(`ReplayStore contract: ${name}`, () => {
    const closeLater = closeAfterEach();
    let store: ReplayStore;
    let replica: ReplayStore;
    let now: OpenedStore<unknown>['now'];
    let elapse: OpenedStore<unknown>['elapse'];
    beforeEach(async () => {
      ({ store, replica, now, elapse } = closeLater(await open()));
    });

    it('C1 tells the first that it is the first, and nobody after, at any replica', async () => {
      expect(await store.markUsed('a', now() + 60)).toBe(true);
      expect(await store.markUsed('a', now() + 60)).toBe(false);
      expect(await replica.markUsed('a', now() + 60)).toBe(false);
    });

    it('C1 tells exactly one of many at once, over all replicas, in every round', async () => {
      for (let round = 0; round < ROUNDS; round++) {
        const stores = Array.from({ length: COPIES }, (_, copy) => (copy % 2 === 0 ? store : replica));
        const answers = await Promise.all(stores.map((one) => one.markUsed(`round ${round}`, now() + 60)));
        expect(answers.filter((first) => first)).toHaveLength(1);
      }
    });

    it('keeps different keys apart, whatever is in them', async () => {
      const keys = ['a', 'A', 'a ', '__proto__', 'constructor', 'a\nb', '{a}', '*', '\u0000', 'é', 'x'.repeat(5000)];
      for (const key of keys) expect([key, await store.markUsed(key, now() + 60)]).toEqual([key, true]);
      for (const key of keys) expect([key, await store.markUsed(key, now() + 60)]).toEqual([key, false]);
    });

    it('CA-55 lets a key be used again when its time is over, and not before', async () => {
      expect(await store.markUsed('short', now() + 2)).toBe(true);
      expect(await store.markUsed('long', now() + 60)).toBe(true);
      await elapse(4);
      expect(await replica.markUsed('short', now() + 60)).toBe(true);
      expect(await replica.markUsed('short', now() + 60)).toBe(false);
      expect(await replica.markUsed('long', now() + 60)).toBe(false);
    });

    it('says whether a key is used, at any replica, and uses nothing by that', async () => {
      expect([await store.isUsed('a'), await replica.isUsed('a')]).toEqual([false, false]);
      expect(await store.markUsed('a', now() + 2)).toBe(true);
      expect([await store.isUsed('a'), await replica.isUsed('a'), await store.isUsed('b')]).toEqual([
        true,
        true,
        false,
      ]);
      await elapse(4);
      expect(await replica.isUsed('a')).toBe(false);
    });

    it('takes a time with a fraction (RFC 7519 section 2)', async () => {
      expect(await store.markUsed('a', now() + 60.25)).toBe(true);
      expect(await store.markUsed('a', now() + 60.75)).toBe(false);
    });
  });
}
