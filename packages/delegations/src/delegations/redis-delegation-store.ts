import type { Clock, RedisClient } from '@mandate/ports';
import { MAX_RECORD_BYTES, keyPart, lifetime, readRecord, recordText, unreadable } from '../redis-records.js';
import { PAGE_SIZE, delegationNames, queryName } from './delegation-names.js';
import { countSchema, delegationSchema } from './delegation-schema.js';
import type { Delegation, DelegationStore, SpendOutcome } from './delegation-store.js';

export interface RedisDelegationStoreOptions {
  redis: RedisClient;
  clock: Clock;
}

/** One hash slot for all, so that a record and the lists it is in are written as one, in a Cluster too. */
const PREFIX = '{mandate:delegation}:';

/**
 * KEYS: the record, then its lists. A list is ordered by expiry, so that what is over goes from its front. Of one that is
 * known no more changes than that it lasts longer.
 */
const RECORD = `
local isNew = redis.call('HSETNX', KEYS[1], 'record', ARGV[1]) == 1
local outcome = redis.call('HEXISTS', KEYS[1], 'ended') == 1 and 'ended' or 'recorded'
if not isNew and redis.call('PTTL', KEYS[1]) >= tonumber(ARGV[4]) then return outcome end
if isNew then redis.call('HSET', KEYS[1], 'uses', ARGV[2], 'used', ARGV[3]) end
redis.call('HSET', KEYS[1], 'until', ARGV[6])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
for index = 2, #KEYS do
  redis.call('ZREMRANGEBYSCORE', KEYS[index], '-inf', ARGV[5])
  redis.call('ZADD', KEYS[index], ARGV[6], ARGV[7])
  redis.call('PEXPIRE', KEYS[index], math.max(tonumber(ARGV[4]), redis.call('PTTL', KEYS[index])))
end
return outcome`;

const READ = `
local found = {}
for index, key in ipairs(KEYS) do
  if redis.call('HSTRLEN', key, 'record') > ${MAX_RECORD_BYTES} then return 'too large' end
  found[index] = redis.call('HMGET', key, 'record', 'used', 'ended', 'until')
end
return found`;

const LIST = `
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[1])
local first = 0
if ARGV[2] ~= '' then
  local rank = redis.call('ZREVRANK', KEYS[1], ARGV[2])
  if not rank then return {} end
  first = rank + 1
end
return redis.call('ZREVRANGE', KEYS[1], first, first + tonumber(ARGV[3]))`;

const SPEND = `
local found = redis.call('HMGET', KEYS[1], 'uses', 'used', 'ended')
if not found[1] then return 'unknown' end
if found[3] then return 'ended' end
if found[1] ~= 'any' and tonumber(found[2]) >= tonumber(found[1]) then return 'used_up' end
redis.call('HINCRBY', KEYS[1], 'used', 1)
return 'spent'`;

const END = `
if redis.call('HEXISTS', KEYS[1], 'record') == 1 then redis.call('HSETNX', KEYS[1], 'ended', ARGV[1]) end
return 1`;

const SPEND_OUTCOMES: readonly SpendOutcome[] = ['spent', 'used_up', 'ended', 'unknown'];

/** Delegations in Redis, for every replica. Redis drops one when it expires. */
export function createRedisDelegationStore({ redis, clock }: RedisDelegationStoreOptions): DelegationStore {
  const readAll = async (records: readonly string[]): Promise<Delegation[]> => {
    if (records.length === 0) return [];
    const answer = await redis.run({ source: READ, keys: records.map((record) => `${PREFIX}${record}`) });
    if (!Array.isArray(answer) || answer.length !== records.length) throw unreadable();
    return answer.flatMap(readDelegation).filter(({ until }) => until > clock());
  };

  return {
    async record(delegation) {
      const now = clock();
      const { until, uses, used } = delegation;
      if (until <= now) return 'recorded';
      const member = recordName(delegation.id);
      const answer = await redis.run({
        source: RECORD,
        keys: [`${PREFIX}${member}`, ...delegationNames(delegation).map((name) => `${PREFIX}${keyPart(name)}`)],
        args: [
          recordText(delegation),
          String(uses ?? 'any'),
          String(used),
          lifetime(now, until),
          String(now),
          String(until),
          member,
        ],
        durable: true,
      });
      if (answer !== 'recorded' && answer !== 'ended') throw unreadable();
      return answer;
    },
    find: async (id) => (await readAll([recordName(id)]))[0],
    async list(query, { cursor = '', limit = PAGE_SIZE } = {}) {
      const args = [String(clock()), cursor, String(limit)];
      const members = await redis.run({ source: LIST, keys: [`${PREFIX}${keyPart(queryName(query))}`], args });
      if (!Array.isArray(members) || !members.every((member) => typeof member === 'string')) throw unreadable();
      const delegations = await readAll(members.slice(0, limit));
      const last = members.length > limit ? members[limit - 1] : undefined;
      return last === undefined ? { delegations } : { delegations, cursor: last };
    },
    async spend(id) {
      const keys = [`${PREFIX}${recordName(id)}`];
      return readOutcome(await redis.run({ source: SPEND, keys, durable: true }));
    },
    async end(id) {
      const keys = [`${PREFIX}${recordName(id)}`];
      await redis.run({ source: END, keys, args: [String(clock())], durable: true });
    },
  };
}

function recordName(id: string): string {
  return keyPart(JSON.stringify(['record', id]));
}

function readOutcome(answer: unknown): SpendOutcome {
  const outcome = SPEND_OUTCOMES.find((one) => one === answer);
  if (outcome === undefined) throw unreadable();
  return outcome;
}

/** One delegation of what `READ` answers, or none. */
function readDelegation(answer: unknown): Delegation[] {
  if (!Array.isArray(answer)) throw unreadable();
  const members: unknown[] = answer;
  const [record, used, ended, until] = members;
  if (record === null) return [];
  const first = readRecord(delegationSchema, record);
  const lastUntil = until === null ? first.until : readRecord(countSchema, until);
  const delegation = { ...first, until: lastUntil, used: readRecord(countSchema, used) };
  return [ended === null ? delegation : { ...delegation, ended: readRecord(countSchema, ended) }];
}
