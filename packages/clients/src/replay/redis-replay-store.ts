import { type Clock, type RedisClient, UpstreamError } from '@mandate/ports';
import type { ReplayStore } from './replay-store.js';

export interface RedisReplayStoreOptions {
  redis: RedisClient;
  clock: Clock;
  /**
   * How much longer than asked a key is kept. Default 10: readiness lets the clock of each replica differ from that of
   * Redis by five seconds, and the slowest replica must not find a key gone that it would still accept.
   */
  marginSeconds?: number;
}

const PREFIX = 'mandate:replay:';

/**
 * `SET NX PX` is the one step that decides. What stands in the way is looked at, not trusted: a key of another type is
 * an error of Redis, other text one of ours (docs/security.md S4).
 */
const MARK = `
if redis.call('SET', KEYS[1], '1', 'NX', 'PX', ARGV[1]) then return 'first' end
return redis.call('GETRANGE', KEYS[1], 0, 1)`;
const LOOK = `return redis.call('GETRANGE', KEYS[1], 0, 1)`;

/** Used keys in Redis, for every replica; Redis drops them when they expire. Keys are digests: no jti is shown there. */
export function createRedisReplayStore({ redis, clock, marginSeconds = 10 }: RedisReplayStoreOptions): ReplayStore {
  return {
    async markUsed(key, expiresAt) {
      const milliseconds = Math.max(1, Math.ceil((expiresAt + marginSeconds - clock()) * 1000));
      const answer = await redis.run({
        source: MARK,
        keys: [`${PREFIX}${key}`],
        args: [milliseconds.toFixed(0)],
        durable: true,
      });
      return isOneOf(answer, { yes: 'first', no: '1' });
    },
    async isUsed(key) {
      return isOneOf(await redis.run({ source: LOOK, keys: [`${PREFIX}${key}`], args: [] }), { yes: '1', no: '' });
    },
  };
}

function isOneOf(answer: unknown, { yes, no }: { yes: string; no: string }): boolean {
  if (answer === yes || answer === no) return answer === yes;
  throw new UpstreamError('redis', 'malformed', 'a used key that was not written here');
}
