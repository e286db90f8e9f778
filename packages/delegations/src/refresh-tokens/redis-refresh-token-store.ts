import type { Clock, RedisClient } from '@mandate/ports';
import { z } from 'zod';
import { agreementSchema } from '../agreement.js';
import { MAX_RECORD_BYTES, keyPart, lifetime, readRecord, recordText, unreadable } from '../redis-records.js';
import type { RefreshToken, RefreshTokenStore } from './refresh-token-store.js';

export interface RedisRefreshTokenStoreOptions {
  redis: RedisClient;
  clock: Clock;
}

/** One hash slot for all, so that a token and its delegation are written as one, in a Cluster too. */
const PREFIX = '{mandate:refresh}:';

const text = z.string();
/** Of a token that is rotated the next is written with all that stood there, what a later version wrote included. */
const refreshTokenSchema: z.ZodType<RefreshToken> = z.looseObject({
  digest: text,
  grantId: text,
  clientId: text,
  sub: text,
  scopes: z.array(text),
  resources: z.array(text),
  agreement: agreementSchema.exactOptional(),
  acr: text.exactOptional(),
  amr: z.array(text).exactOptional(),
  authTime: z.number().exactOptional(),
  expiresAt: z.number(),
});

const READ = `return redis.call('GETRANGE', KEYS[1], 0, ${MAX_RECORD_BYTES})`;

/** KEYS: the token, the delegation, which has the digest of the one token of it that is good. */
const ISSUE = `
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3])
redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
return 'issued'`;

/** KEYS: the next token, the delegation. Nothing is good of a delegation whose token was used twice, until it is ended. */
const ROTATE = `
local current = redis.call('GETRANGE', KEYS[2], 0, 255)
if current == '' then return 'unknown' end
if current ~= ARGV[4] then
  redis.call('SET', KEYS[2], 'reused', 'PX', redis.call('PTTL', KEYS[2]))
  return 'reused'
end
${ISSUE.trim().replace("'issued'", "'rotated'")}`;

/** KEYS: the token that nobody was told, the delegation. */
const TAKE_BACK = `
if redis.call('GETRANGE', KEYS[2], 0, 255) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[2], ARGV[2], 'PX', redis.call('PTTL', KEYS[2]))
return redis.call('DEL', KEYS[1])`;

const END = `return redis.call('DEL', KEYS[1])`;

/** Refresh tokens in Redis, for every replica. Redis drops one when it expires. */
export function createRedisRefreshTokenStore({ redis, clock }: RedisRefreshTokenStoreOptions): RefreshTokenStore {
  const readToken = async (digest: string, clientId: string): Promise<RefreshToken | undefined> => {
    const record = await redis.run({ source: READ, keys: [tokenKey(digest)] });
    if (record === '') return undefined;
    const token = readRecord(refreshTokenSchema, record);
    return token.clientId === clientId && token.expiresAt > clock() ? token : undefined;
  };
  const write = (source: string, token: RefreshToken, predecessors: readonly string[] = []): Promise<unknown> =>
    redis.run({
      source,
      keys: [tokenKey(token.digest), grantKey(token.grantId)],
      args: [recordText(token), token.digest, lifetime(clock(), token.expiresAt), ...predecessors],
      durable: true,
    });

  return {
    async issue(token) {
      await write(ISSUE, token);
    },
    async find(digest, clientId) {
      const token = await readToken(digest, clientId);
      if (token === undefined) return undefined;
      return (await redis.run({ source: READ, keys: [grantKey(token.grantId)] })) === digest ? token : undefined;
    },
    async rotate(digest, clientId, next) {
      const token = await readToken(digest, clientId);
      if (token === undefined) return { kind: 'unknown' };
      const successor = { ...token, ...next };
      const answer = await write(ROTATE, successor, [digest]);
      if (answer === 'rotated') return { kind: 'rotated', token: successor };
      if (answer === 'reused') return { kind: 'reused', grantId: token.grantId };
      if (answer === 'unknown') return { kind: 'unknown' };
      throw unreadable();
    },
    async takeBack(grantId, { from, to }) {
      await redis.run({
        source: TAKE_BACK,
        keys: [tokenKey(from), grantKey(grantId)],
        args: [from, to],
        durable: true,
      });
    },
    async end(grantId) {
      await redis.run({ source: END, keys: [grantKey(grantId)], durable: true });
    },
  };
}

function tokenKey(digest: string): string {
  return `${PREFIX}token:${keyPart(digest)}`;
}

function grantKey(grantId: string): string {
  return `${PREFIX}grant:${keyPart(grantId)}`;
}
