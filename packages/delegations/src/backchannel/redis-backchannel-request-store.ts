import { randomUUID } from 'node:crypto';
import type { Clock, RedisClient } from '@mandate/ports';
import { MAX_RECORD_BYTES, keyPart, lifetime, readRecord, recordText, unreadable } from '../redis-records.js';
import type {
  BackchannelRequest,
  BackchannelRequestStore,
  DecideOutcome,
  PollOutcome,
} from './backchannel-request-store.js';
import { decisionSchema, requestSchema } from './backchannel-schema.js';
import { EARLY_SECONDS, SLOW_DOWN_SECONDS, forgottenAt, placeUntil } from './request-lifetime.js';

export interface RedisBackchannelRequestStoreOptions {
  redis: RedisClient;
  clock: Clock;
}

/** One hash slot for all, so that a request is counted and written as one, in a Cluster too. */
const PREFIX = '{mandate:backchannel}:';

/**
 * KEYS: the request, its name for devices, the places of its person, those of its client among them, each by when it is
 * free again. Answers when the last but so many is, or 0 for a request that has a place now.
 */
const ADD = `
local free = 0
for index = 3, 4 do
  redis.call('ZREMRANGEBYSCORE', KEYS[index], '-inf', ARGV[1])
  local last = tonumber(ARGV[index + 6]) - 1
  local place = redis.call('ZREVRANGE', KEYS[index], last, last, 'WITHSCORES')
  if place[2] then free = math.max(free, tonumber(place[2])) end
end
if free > 0 then return free end
redis.call('HSET', KEYS[1], 'request', ARGV[2], 'client', ARGV[3], 'expires', ARGV[4], 'interval', ARGV[5])
redis.call('PEXPIRE', KEYS[1], ARGV[6])
redis.call('SET', KEYS[2], ARGV[7], 'PX', ARGV[6])
for index = 3, 4 do
  redis.call('ZADD', KEYS[index], ARGV[8], ARGV[7])
  redis.call('PEXPIRE', KEYS[index], math.max(tonumber(ARGV[6]), redis.call('PTTL', KEYS[index])))
end
return 0`;

const FIND_ID = `return redis.call('GETRANGE', KEYS[1], 0, 255)`;

const READ = `
if redis.call('HSTRLEN', KEYS[1], 'given') > 0 then return false end
if redis.call('HSTRLEN', KEYS[1], 'request') > ${MAX_RECORD_BYTES} then return 'too large' end
return redis.call('HGET', KEYS[1], 'request')`;

/** KEYS as those of `ADD`. */
const REMOVE = `
redis.call('ZREM', KEYS[3], ARGV[1])
redis.call('ZREM', KEYS[4], ARGV[1])
return redis.call('DEL', KEYS[1], KEYS[2])`;

/** KEYS as those of `ADD`. */
const DECIDE = `
local found = redis.call('HMGET', KEYS[1], 'expires', 'decision')
if not found[1] then return 'unknown' end
if found[2] then return 'decided_before' end
if tonumber(found[1]) <= tonumber(ARGV[1]) then return 'expired' end
redis.call('HSET', KEYS[1], 'decision', ARGV[2], 'approve', ARGV[3])
if ARGV[3] == 'yes' then
  redis.call('ZREM', KEYS[3], ARGV[4])
  redis.call('ZREM', KEYS[4], ARGV[4])
end
return 'decided'`;

/** Approved: the request is marked with the attempt that got the answer, so that nobody gets another. */
const POLL = `
local client, expires, interval, polled, approve, given = unpack(redis.call('HMGET', KEYS[1], 'client', 'expires', 'interval', 'polled', 'approve', 'given'))
if client ~= ARGV[2] or (given and given ~= '') then return {'unknown'} end
local now = tonumber(ARGV[1])
if tonumber(expires) <= now then return {'expired'} end
if approve == 'no' then return {'denied'} end
if approve == 'yes' then
  if redis.call('HSTRLEN', KEYS[1], 'request') > ${MAX_RECORD_BYTES} then return 'too large' end
  local kept = redis.call('HMGET', KEYS[1], 'request', 'decision')
  redis.call('HSET', KEYS[1], 'given', ARGV[3])
  return {'approved', kept[1], kept[2]}
end
redis.call('HSET', KEYS[1], 'polled', ARGV[1])
if polled and now - tonumber(polled) + ${EARLY_SECONDS} < tonumber(interval) then
  return {'slow_down', redis.call('HINCRBY', KEYS[1], 'interval', ${SLOW_DOWN_SECONDS})}
end
return {'pending', tonumber(interval)}`;

const TAKE_BACK = `
if redis.call('HGET', KEYS[1], 'given') == ARGV[1] then redis.call('HSET', KEYS[1], 'given', '') end
return 1`;

const DECIDE_OUTCOMES: readonly DecideOutcome[] = ['decided', 'unknown', 'decided_before', 'expired'];

/** Requests that wait for a person, in Redis, for every replica. Redis drops one some minutes after it has expired. */
export function createRedisBackchannelRequestStore(
  options: RedisBackchannelRequestStoreOptions,
): BackchannelRequestStore {
  const { redis, clock } = options;
  const find = async (decisionId: string): Promise<BackchannelRequest | undefined> => {
    const id = await redis.run({ source: FIND_ID, keys: [decisionKey(decisionId)] });
    if (typeof id !== 'string') throw unreadable();
    const record = id === '' ? null : await redis.run({ source: READ, keys: [requestKey(id)] });
    return record === null ? undefined : readRecord(requestSchema, record);
  };

  return {
    async add(request, { maxOpen, maxOpenOfClient }) {
      const { id, clientId, expiresAt, interval } = request;
      const now = clock();
      const keepFor = lifetime(now, forgottenAt(request));
      const times = [expiresAt, interval].map(String);
      const limits = [maxOpen, maxOpenOfClient].map(String);
      const args = [String(now), recordText(request), clientId, ...times, keepFor, id, String(placeUntil(request))];
      const freeAt = await redis.run({ source: ADD, keys: keysOf(request), args: [...args, ...limits], durable: true });
      if (typeof freeAt !== 'number') throw unreadable();
      return freeAt === 0 ? { kind: 'added' } : { kind: 'too_many', freeAt };
    },
    findByDecisionId: find,
    async remove(decisionId) {
      const request = await find(decisionId);
      if (request === undefined) return;
      await redis.run({ source: REMOVE, keys: keysOf(request), args: [request.id], durable: true });
    },
    async decide(decisionId, decision) {
      const request = await find(decisionId);
      if (request === undefined) return 'unknown';
      if (request.sub !== decision.sub) return 'other_person';
      const args = [String(clock()), recordText(decision), decision.approve ? 'yes' : 'no', request.id];
      const answer = await redis.run({ source: DECIDE, keys: keysOf(request), args, durable: true });
      const outcome = DECIDE_OUTCOMES.find((one) => one === answer);
      if (outcome === undefined) throw unreadable();
      return outcome;
    },
    async poll(id, clientId, attempt = randomUUID()) {
      const args = [String(clock()), clientId, attempt];
      return readPoll(await redis.run({ source: POLL, keys: [requestKey(id)], args, durable: true }));
    },
    async takeBack(id, attempt) {
      await redis.run({ source: TAKE_BACK, keys: [requestKey(id)], args: [attempt], durable: true });
    },
  };
}

function keysOf({ id, decisionId, person, clientId }: BackchannelRequest): string[] {
  return [requestKey(id), decisionKey(decisionId), personKey(person), askingKey(person, clientId)];
}

function requestKey(id: string): string {
  return `${PREFIX}request:${keyPart(id)}`;
}

function decisionKey(decisionId: string): string {
  return `${PREFIX}decision:${keyPart(decisionId)}`;
}

function personKey(person: string): string {
  return `${PREFIX}person:${keyPart(person)}`;
}

function askingKey(person: string, clientId: string): string {
  return `${PREFIX}asking:${keyPart(JSON.stringify([person, clientId]))}`;
}

function readPoll(answer: unknown): PollOutcome {
  const members: unknown[] = Array.isArray(answer) ? answer : [];
  const [kind, first, second] = members;
  switch (kind) {
    case 'pending':
    case 'slow_down':
      if (typeof first !== 'number') throw unreadable();
      return { kind, interval: first };
    case 'denied':
    case 'expired':
    case 'unknown':
      return { kind };
    case 'approved':
      return { kind, request: readRecord(requestSchema, first), decision: readRecord(decisionSchema, second) };
    default:
      throw unreadable();
  }
}
