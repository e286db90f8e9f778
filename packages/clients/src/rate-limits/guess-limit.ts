import type { RateLimit } from './rate-limiter.js';

export interface GuessLimitOptions {
  /** Of wrong secrets. */
  limit: RateLimit;
  /** Takes a token of a bucket; resolves with the seconds until it has one, 0: it is taken. */
  take: (bucket: readonly string[]) => Promise<number>;
  giveBack: (bucket: readonly string[]) => Promise<unknown>;
  /** @throws OAuthError */
  refuse: (wait: number) => never;
  /** Milliseconds of a clock that only goes forward; default that of the process. */
  elapsedMs?: (() => number) | undefined;
}

/** Runs a check of a secret. @throws OAuthError beyond the limit, and whatever the check does */
export type GuessLimit = (bucket: readonly string[], check: () => Promise<boolean>) => Promise<boolean>;

/**
 * Runs checks of secrets so that no more can be wrong than the bucket has tokens, however many are tried at once and at
 * whichever replica: a token is taken before a secret is looked at. A process has at most one token of a bucket in its
 * hands and tries one secret after the other with it, until one is wrong; so a burst of right ones costs nothing, needs
 * one token only, and asks the bucket once. A check that fails has told nobody anything, and costs nothing.
 */
export function createGuessLimit(options: GuessLimitOptions): GuessLimit {
  const enter = createLines(() => createTokenInHand(options));
  return async (bucket, check) => {
    const { hand, ...turn } = await enter(JSON.stringify(bucket));
    try {
      const wait = await hand.hold(bucket);
      if (wait > 0) options.refuse(wait);
      const isRight = await check();
      if (!isRight) hand.spend();
      return isRight;
    } finally {
      await turn.leave((isLast) => (isLast ? hand.giveBack(bucket) : Promise.resolve()));
    }
  };
}

/** The token of one bucket that the next wrong secret costs. */
interface TokenInHand {
  /** Resolves with the seconds until there is one to take, 0: it is in hand. What had none is not asked again. */
  hold(bucket: readonly string[]): Promise<number>;
  spend(): void;
  giveBack(bucket: readonly string[]): Promise<void>;
}

function createTokenInHand(options: GuessLimitOptions): TokenInHand {
  const { limit, take, giveBack, elapsedMs = () => performance.now() } = options;
  const tokenMs = (limit.seconds * 1000) / limit.count;
  let takenAt: number | undefined;
  let wait = 0;
  const age = (): number => (takenAt === undefined ? Infinity : elapsedMs() - takenAt);
  /** A bucket that has filled up since has the token again already: it would be one too many. */
  const putBack = async (bucket: readonly string[]): Promise<void> => {
    const isMissed = age() < tokenMs;
    takenAt = undefined;
    if (isMissed) await giveBack(bucket);
  };
  return {
    async hold(bucket) {
      if (wait > 0 || age() < tokenMs / 2) return wait;
      await putBack(bucket);
      const askedAt = elapsedMs();
      wait = await take(bucket);
      if (wait === 0) takenAt = askedAt;
      return wait;
    },
    spend: () => void (takenAt = undefined),
    giveBack: putBack,
  };
}

interface Turn {
  hand: TokenInHand;
  /** Lets the next one go on, once what is to be done before is done. */
  leave(before: (isLast: boolean) => Promise<void>): Promise<void>;
}

/** One line a name, in the order of coming; who stands in one has what is made for it. */
function createLines(create: () => TokenInHand): (name: string) => Promise<Turn> {
  const lines = new Map<string, { hand: TokenInHand; waiting: (() => void)[] }>();
  return async (name) => {
    const known = lines.get(name);
    const line = known ?? { hand: create(), waiting: [] };
    if (known === undefined) lines.set(name, line);
    else await new Promise<void>((resolve) => known.waiting.push(resolve));
    return {
      hand: line.hand,
      async leave(before) {
        try {
          await before(line.waiting.length === 0);
        } finally {
          const next = line.waiting.shift();
          if (next === undefined) lines.delete(name);
          else next();
        }
      },
    };
  };
}
