import { hash } from 'node:crypto';
import { type RedisClient, UpstreamError } from '@mandate/ports';
import type { RateLimiter } from './rate-limiter.js';
import { MAX_DEBT, MICROSECONDS, fillTimes } from './token-bucket.js';

const PREFIX = 'mandate:rate:';

/**
 * `consumeTokens` by the clock of Redis, which all replicas share. The key expires when the bucket is full: one that
 * is full needs none. GETRANGE: a value longer than ours is not read whole.
 */
const CONSUME = `
local time = redis.call('TIME')
local now = time[1] * ${MICROSECONDS} + time[2]
local token, bucket, tokens, owing = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4] == 'owing'
local latest = now + bucket + ${MAX_DEBT}
local known = redis.call('GETRANGE', KEYS[1], 0, 19)
if known ~= '' and not string.match(known, '^%d+$') then return 'malformed' end
local from = math.min(math.max(tonumber(known) or now, now), latest)
local wait = from + token - bucket - now
if wait > 0 and not owing then return wait end
local fullAt = math.max(now, math.min(from + tokens * token, latest))
if tokens ~= 0 then
  redis.call('SET', KEYS[1], string.format('%.0f', fullAt), 'PX', math.max(1, math.ceil((fullAt - now) / 1000)))
end
return 0`;

/** Buckets in Redis, for every replica: one command each. */
export function createRedisRateLimiter({ redis }: { redis: RedisClient }): RateLimiter {
  return {
    async consume({ bucket, limit, tokens, owing = false }) {
      const fill = fillTimes(limit);
      const args = [String(fill.token), String(fill.bucket), String(tokens), owing ? 'owing' : ''];
      const wait = await redis.run({ source: CONSUME, keys: [keyOf(bucket)], args });
      if (typeof wait === 'number' && wait >= 0) return Math.ceil(wait / MICROSECONDS);
      throw new UpstreamError('redis', 'malformed', 'a bucket that was not written here');
    },
  };
}

/** A digest: keys of equal length, and neither a client id nor an address in them. */
function keyOf(bucket: readonly string[]): string {
  return `${PREFIX}${hash('sha256', JSON.stringify(bucket), 'base64url')}`;
}
