import {
  type RateLimit,
  type RateLimiter,
  type RequestLimits,
  countFallbacks,
  countLimited,
  createMemoryRateLimiter,
  createRedisRateLimiter,
  createRequestLimits,
  unlimited,
  withLocalFallback,
} from '@mandate/clients';
import { type RedisClient, type UpstreamFailure, isRecent } from '@mandate/ports';
import { type Runtime, type Settings, choice, text, usedWith } from '@mandate/service-kit';

const RATE = /^([1-9]\d{0,5})\/([1-9]\d{0,4})$/;
const LOG_INTERVAL_SECONDS = 60;

/** The variables of rate limits (docs/security.md C9). */
export const rateLimitConfig = {
  RATE_LIMIT: choice(['on', 'off']).default('on').describe('Whether requests are limited'),
  ...usedWith(
    { RATE_LIMIT: 'on' },
    {
      RATE_LIMIT_CLIENT: rate().default('10000/1').describe('Requests of one client, as `COUNT/SECONDS`'),
      RATE_LIMIT_ADDRESS: rate()
        .default('10000/1')
        .describe('Requests from one address, as `COUNT/SECONDS`; a failed authentication counts as 20'),
      RATE_LIMIT_FAILURES: rate()
        .default('15/60')
        .describe('Wrong secrets for one client from one address, as `COUNT/SECONDS`; other addresses go on'),
    },
  ),
};

export type RateLimitSettings = Settings<typeof rateLimitConfig>;

/** A variable `COUNT/SECONDS`: so many requests at once, and that many again in so many seconds. */
export function rate(): ReturnType<typeof text> {
  return text().regex(RATE, { error: 'must be COUNT/SECONDS, from 1/1 to 999999/99999' });
}

/** The limits of requests: kept in Redis where there is one, else, and while it fails, in this process. */
export function composeRateLimits(
  config: RateLimitSettings,
  runtime: Pick<Runtime, 'clock' | 'logger' | 'metrics'>,
  redis: RedisClient | undefined,
): { limits: RequestLimits; limiter: RateLimiter | undefined } {
  if (config.RATE_LIMIT === 'off') return { limits: unlimited(), limiter: undefined };
  const { clock, metrics } = runtime;
  const local = createMemoryRateLimiter({ clock });
  const limiter = redis === undefined ? local : sharedLimiter(redis, local, runtime);
  const limits = createRequestLimits({
    limiter,
    client: parseRate(config.RATE_LIMIT_CLIENT),
    address: parseRate(config.RATE_LIMIT_ADDRESS),
    failures: parseRate(config.RATE_LIMIT_FAILURES),
    onLimited: countLimited(metrics),
  });
  return { limits, limiter };
}

/** What {@link rate} reads, as numbers. */
export function parseRate(text: string): RateLimit {
  const [, count, seconds] = RATE.exec(text) ?? [];
  return { count: Number(count), seconds: Number(seconds) };
}

function sharedLimiter(
  redis: RedisClient,
  local: RateLimiter,
  { clock, logger, metrics }: Pick<Runtime, 'clock' | 'logger' | 'metrics'>,
): RateLimiter {
  const count = countFallbacks(metrics);
  let loggedAt = -Infinity;
  const onFallback = (failure: UpstreamFailure): void => {
    count(failure);
    if (isRecent(loggedAt, { now: clock(), seconds: LOG_INTERVAL_SECONDS })) return;
    loggedAt = clock();
    logger.warn('rate limits hold for this process alone', { dependency: 'redis', failure });
  };
  return withLocalFallback(createRedisRateLimiter({ redis }), { local, clock, onFallback });
}
