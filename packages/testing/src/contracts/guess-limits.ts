import { beforeEach, describe, expect, it } from '@jest/globals';
import type { RateLimit, RequestLimits } from '@mandate/clients';
import { OAuthError } from '@mandate/oauth';
import { closeAfterEach } from '../close-after-each.js';
import type { OpenedStore } from './opened-store.js';

/** No test takes so long that a wrong secret is forgotten. */
const THREE: RateLimit = { count: 3, seconds: 3600 };

/** What `RequestLimits` promise of the secrets that are tried, over every `RateLimiter`: `open` makes them anew. */
export function describeGuessLimitsContract(
  name: string,
  open: (failures: RateLimit) => Promise<OpenedStore<RequestLimits>>,
): void {
  describe(`guesses at secrets (C9): ${name}`, () => {
    const closeLater = closeAfterEach();
    let replicas: RequestLimits[] = [];
    let [compared, wrongCount] = [0, 0];
    const reopen = async (failures: RateLimit): Promise<void> => {
      const { store, replica: other } = closeLater(await open(failures));
      replicas = [store, other];
    };
    beforeEach(async () => {
      [compared, wrongCount] = [0, 0];
      await reopen(THREE);
    });

    const replica = (turn: number): RequestLimits => {
      const limits = replicas[turn % replicas.length];
      if (limits === undefined) throw new TypeError('no replica');
      return limits;
    };
    type Secret = 'right' | 'wrong' | 'not compared';
    const limited = (error: unknown): 'limited' => {
      if (error instanceof OAuthError && error.status === 429) return 'limited';
      throw error;
    };
    const app = { clientId: 'app', address: '192.0.2.1' };
    const tryOne = async (secret: Secret, turn = 0, from = app): Promise<boolean | 'limited' | 'failed'> => {
      const check = async (): Promise<boolean> => {
        await new Promise((resolve) => setImmediate(resolve));
        if (secret === 'not compared') throw new RangeError(secret);
        compared += 1;
        return secret === 'right';
      };
      // nobody tries one wrong secret twice
      const text = secret === 'wrong' ? `wrong ${(wrongCount += 1)}` : secret;
      const guess = { request: { address: () => from.address }, clientId: from.clientId, secrets: [text] };
      const outcome = replica(turn).guess(guess, check);
      return outcome.catch((error: unknown) => (error instanceof RangeError ? 'failed' : limited(error)));
    };
    const tryAtOnce = (secrets: readonly Secret[]) => Promise.all(secrets.map((secret, turn) => tryOne(secret, turn)));
    const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

    it('compares as many wrong secrets as the limit says, however many are tried at once at whichever replica', async () => {
      const outcomes = await tryAtOnce(times(40, 'wrong'));
      expect(compared).toBe(3);
      expect(outcomes.filter((outcome) => outcome === 'limited')).toHaveLength(37);
      expect(outcomes).not.toContain(true);
      expect(await tryOne('right')).toBe('limited');
      expect(compared).toBe(3);
    });

    it('compares every right one, however many are tried at once, and they cost nothing', async () => {
      expect(await tryAtOnce(times(60, 'right'))).toEqual(times(60, true));
      expect(await tryAtOnce(times(40, 'wrong'))).toContain(false);
      expect(compared).toBe(63);
    });

    it('counts the wrong ones among right ones, and those alone', async () => {
      const secrets = times(40, 'right').map((right, turn) =>
        turn === 7 || turn === 20 ? 'wrong' : right,
      ) as Secret[];
      const outcomes = await Promise.all(secrets.map((secret) => tryOne(secret)));
      expect(outcomes).toEqual(secrets.map((secret) => secret === 'right'));
      expect([await tryOne('wrong'), await tryOne('wrong')]).toEqual([false, 'limited']);
    });

    it('does not count what could not be compared', async () => {
      expect(await tryAtOnce(times(20, 'not compared'))).toEqual(times(20, 'failed'));
      expect(await tryAtOnce(times(6, 'right'))).toEqual(times(6, true));
    });

    it('limits one client and address, and no other', async () => {
      await tryAtOnce(times(4, 'wrong'));
      expect(await tryOne('right')).toBe('limited');
      for (const other of [{ clientId: 'other' }, { address: '192.0.2.2' }]) {
        expect(await tryOne('right', 0, { ...app, ...other })).toBe(true);
      }
    });

    it('where one wrong secret is the limit, serves a client at all replicas at once that they have seen', async () => {
      await reopen({ count: 1, seconds: 3600 });
      for (let turn = 0; turn < 6; turn += 1) expect(await tryOne('right', turn)).toBe(true);
      expect(await tryAtOnce(times(40, 'right'))).toEqual(times(40, true));
      expect([await tryOne('wrong', 0), await tryOne('right', 1), await tryOne('right', 0)]).toEqual([
        false,
        'limited',
        'limited',
      ]);
    });

    it('has nobody wait for more than one check, however many present one secret at once', async () => {
      const from = { address: () => app.address };
      let checks = 0;
      const hang = async (): Promise<boolean> => {
        checks += 1;
        await new Promise((resolve) => setTimeout(resolve, 50));
        throw new RangeError('the directory hangs');
      };
      const guess = { request: from, clientId: app.clientId, secrets: ['the one'] };
      const outcomes = await Promise.allSettled(times(50, guess).map((one) => replica(0).guess(one, hang)));
      expect(outcomes.map((outcome) => outcome.status)).toEqual(times(50, 'rejected'));
      expect(checks).toBe(1);
    });

    it('takes a secret that is right no longer for one wrong one, however many still present it', async () => {
      const present = (isRight: boolean): Promise<boolean> => {
        const guess = { request: { address: () => app.address }, clientId: app.clientId, secrets: ['replaced'] };
        return replica(0).guess(guess, () => Promise.resolve(isRight));
      };
      expect(await present(true)).toBe(true);
      expect(await Promise.all(times(20, false).map(present))).toEqual(times(20, false));
      expect([await tryOne('wrong'), await tryOne('wrong'), await tryOne('right')]).toEqual([false, false, 'limited']);
    });
  });
}
