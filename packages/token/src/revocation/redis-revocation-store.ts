import { hash } from 'node:crypto';
import { type Clock, type RedisClient, UpstreamError } from '@mandate/ports';
import { isAnyEnded, revocationEntries } from './revocation-names.js';
import type { RevocationStore } from './revocation-store.js';

export interface RedisRevocationStoreOptions {
  redis: RedisClient;
  clock: Clock;
}

/** One hash slot for all, so that one question is one command in a Cluster too. */
const PREFIX = '{mandate:revocation}:';

/** Longer than every value written here; the rest of a longer one stays in Redis. */
const VALUE_BYTES = 16;

/** Not MGET: that answers a key of another type like one that does not exist, and so would un-revoke it (docs/security.md S4). */
const READ = `
local values = {}
for index, key in ipairs(KEYS) do
  values[index] = redis.call('GETRANGE', key, 0, ${VALUE_BYTES - 1})
end
return values`;

/** Per key the later cut-off and the later expiry stand. */
const WRITE = `
for index, key in ipairs(KEYS) do
  local before = tonumber(ARGV[2 * index - 1])
  local milliseconds = tonumber(ARGV[2 * index])
  local known = tonumber(redis.call('GETRANGE', key, 0, ${VALUE_BYTES - 1})) or 0
  local left = redis.call('PTTL', key)
  redis.call('SET', key, string.format('%.0f', math.max(before, known)), 'PX', math.max(milliseconds, left))
end
return #KEYS`;

/** Revocations in Redis, for every replica. Redis drops an entry when it expires. */
export function createRedisRevocationStore({ redis, clock }: RedisRevocationStoreOptions): RevocationStore {
  return {
    async revoke(revocations) {
      const now = clock();
      const entries = revocations.flatMap(revocationEntries).filter(({ expiresAt }) => expiresAt > now);
      if (entries.length === 0) return;
      const args = entries.flatMap(({ before, expiresAt }) => [before, (expiresAt - now) * 1000]);
      await redis.run({
        source: WRITE,
        keys: entries.map(({ name }) => keyOf(name)),
        args: args.map(wholeNumber),
        durable: true,
      });
    },
    async isAnyRevoked(questions) {
      const names = [...new Set(questions.flatMap(({ ids, cutOffs }) => [...ids, ...cutOffs]))];
      if (names.length === 0) return false;
      const cutOffs = readCutOffs(names, await redis.run({ source: READ, keys: names.map(keyOf) }));
      return isAnyEnded(questions, (name) => cutOffs.get(name));
    },
  };
}

/** Redis counts in whole milliseconds; a time may have a fraction (RFC 7519 section 2). Up: never too early. */
function wholeNumber(value: number): string {
  return Math.ceil(value).toFixed(0);
}

/** A digest: keys of equal length without a claim value in them, which logs and `MONITOR` may show. */
function keyOf(name: string): string {
  return `${PREFIX}${hash('sha256', name, 'base64url')}`;
}

/** @throws UpstreamError for an answer that is not ours: what cannot be read is neither revoked nor not revoked. */
function readCutOffs(names: readonly string[], answer: unknown): Map<string, number> {
  if (!Array.isArray(answer) || answer.length !== names.length) throw unreadable();
  const cutOffs = new Map<string, number>();
  names.forEach((name, index) => {
    const value: unknown = answer[index];
    if (value === '') return;
    if (typeof value !== 'string' || !/^\d{1,12}$/.test(value)) throw unreadable();
    cutOffs.set(name, Number(value));
  });
  return cutOffs;
}

function unreadable(): UpstreamError {
  return new UpstreamError('redis', 'malformed', 'a revocation that was not written here');
}
