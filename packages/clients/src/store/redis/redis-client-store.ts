import { type RedisClient, UpstreamError } from '@mandate/ports';
import type { ClientStore } from '../client-store.js';
import type { SecretSettings } from '../../secrets/secret-schemes.js';
import { createRecordReader } from '../parse-clients.js';
import { clientOf, parseStoredJson } from '../stored-record.js';

export interface RedisClientStoreOptions {
  redis: RedisClient;
  /** What keys begin with, before the id. */
  prefix: string;
  settings: SecretSettings;
}

const STORE = 'clients:redis';
const GET = `return redis.call('GET', KEYS[1])`;

/** Clients in Redis, a JSON document each, at the prefix and the id. Closing it closes its connection. */
export function createRedisClientStore({ redis, prefix, settings }: RedisClientStoreOptions): ClientStore {
  const parse = createRecordReader(settings);
  return {
    async findClient(clientId) {
      const document = await withOwnName(redis.run({ source: GET, keys: [`${prefix}${clientId}`] }));
      if (typeof document !== 'string') return undefined;
      return clientOf(parseStoredJson(document, { store: STORE, clientId }), { store: STORE, clientId, parse });
    },
    check: () => withOwnName(redis.check()),
    close: () => redis.close(),
  };
}

/** Failures are of this store, which need not be the Redis of the shared state. */
async function withOwnName<Answer>(answer: Promise<Answer>): Promise<Answer> {
  try {
    return await answer;
  } catch (error) {
    throw error instanceof UpstreamError ? new UpstreamError(STORE, error.failure, error.detail) : error;
  }
}
