import { hash, randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Consumption, RateLimit } from './rate-limiter.js';

/** What is presented for somebody: the secrets that it may be read as, and the bucket that wrong ones are counted in. */
export interface SecretGuess {
  bucket: readonly string[];
  secrets: readonly string[];
}

export interface GuessLimitOptions {
  /** Of wrong secrets. */
  limit: RateLimit;
  /** Resolves with the seconds until the bucket has what is asked for, 0: it has. */
  consume: (bucket: readonly string[], take: Pick<Consumption, 'tokens' | 'owing'>) => Promise<number>;
  /** @throws OAuthError */
  refuse: (wait: number) => never;
  /** Milliseconds of a clock that only goes forward; default that of the process. */
  elapsedMs?: (() => number) | undefined;
}

/** Runs a check of a secret. @throws OAuthError beyond the limit, and whatever the check does */
export type GuessLimit = (guess: SecretGuess, check: () => Promise<boolean>) => Promise<boolean>;

const ONLY_ASK = { tokens: 0 };
const TAKE = { tokens: 1 };
const CHARGE = { tokens: 1, owing: true };
const GIVE_BACK = { tokens: -1, owing: true };
const MAX_REMEMBERED = 10_000;

/**
 * Runs checks of secrets so that no more can be wrong than the bucket has, however many are tried at once and at whichever
 * replica: each is paid for before it is compared, and paid back when it was right. One secret that is tried many times at
 * once is one guess, and what becomes of it becomes of all. A secret that was right is no guess when it comes again:
 * the bucket is only asked. A check that fails has told nobody anything, and costs nothing.
 */
export function createGuessLimit(options: GuessLimitOptions): GuessLimit {
  const { consume, refuse } = options;
  const salt = randomUUID();
  const rightBefore = new LRUCache<string, true>({ max: MAX_REMEMBERED });
  const guesses = new Map<string, Promise<boolean>>();
  const pass = async (bucket: readonly string[], take: typeof TAKE): Promise<void> => {
    const wait = await consume(bucket, take);
    if (wait > 0) refuse(wait);
  };

  async function checkAgain(name: string, bucket: readonly string[], check: () => Promise<boolean>): Promise<boolean> {
    await pass(bucket, ONLY_ASK);
    const isRight = await check();
    // not right any longer: for all who ask so at once it is one guess
    if (!isRight && rightBefore.delete(name)) await consume(bucket, CHARGE);
    return isRight;
  }

  async function checkFirst(bucket: readonly string[], check: () => Promise<boolean>): Promise<boolean> {
    const { limit, elapsedMs = () => performance.now() } = options;
    const askedAt = elapsedMs();
    await pass(bucket, TAKE);
    let isWrong = false;
    try {
      isWrong = !(await check());
      return !isWrong;
    } finally {
      // a bucket that has filled up since would have one too many
      const isMissed = elapsedMs() - askedAt < (limit.seconds * 1000) / limit.count;
      if (!isWrong && isMissed) await consume(bucket, GIVE_BACK);
    }
  }

  return async ({ bucket, secrets }, check) => {
    const name = hash('sha256', JSON.stringify([salt, ...bucket, secrets]), 'base64url');
    if (rightBefore.get(name) === true) return checkAgain(name, bucket, check);
    const sameGuess = guesses.get(name);
    if (sameGuess !== undefined) return (await sameGuess) && check();
    const guess = checkFirst(bucket, check).finally(() => guesses.delete(name));
    guesses.set(name, guess);
    const isRight = await guess;
    if (isRight) rightBefore.set(name, true);
    return isRight;
  };
}
