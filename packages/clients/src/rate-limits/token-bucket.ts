import type { Consumption, RateLimit } from './rate-limiter.js';

/** A second in the unit of this file, whose times are whole numbers so that adding them up loses nothing. */
export const MICROSECONDS = 1_000_000;

/** Debts beyond this are forgotten: whoever shares an address with an attacker waits so long at most. */
export const MAX_DEBT = 3600 * MICROSECONDS;

/** How long one token, and how long a whole bucket takes to fill, in microseconds. */
export function fillTimes({ count, seconds }: RateLimit): { token: number; bucket: number } {
  const bucket = seconds * MICROSECONDS;
  return { token: Math.floor(bucket / count), bucket };
}

/**
 * The generic cell rate algorithm: a bucket is the one time at which it will be full (`fullAt`; epoch microseconds).
 * Says how long until it has a token (0: the tokens are taken), and when it will be full now.
 */
export function consumeTokens(
  fullAt: number,
  now: number,
  { limit, tokens, owing = false }: Omit<Consumption, 'bucket'>,
): { wait: number; fullAt: number } {
  const fill = fillTimes(limit);
  const latest = now + fill.bucket + MAX_DEBT;
  const from = Math.min(Math.max(fullAt, now), latest);
  const wait = from + fill.token - fill.bucket - now;
  if (wait > 0 && !owing) return { wait, fullAt };
  return { wait: 0, fullAt: Math.max(now, Math.min(from + tokens * fill.token, latest)) };
}
