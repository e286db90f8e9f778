import {
  type ClientRecords,
  type SecretSettings,
  createRedisClientRecords,
  createRedisClientStore,
} from '@mandate/clients';
import { ConfigError } from '@mandate/ports';
import { type Runtime, type Settings, secret, text, usedWith } from '@mandate/service-kit';
import { type ComposedRedis, type RedisSettings, connectRedis } from '../redis/compose-redis.js';
import type { ComposedClientStore, RemoteStoreSettings } from './remote-store.js';

/** The variables of the `redis` client store. */
export const redisStoreConfig = usedWith(
  { CLIENT_CREDENTIALS_STORE: 'redis' },
  {
    CLIENT_CREDENTIALS_REDIS_URL: secret()
      .optional()
      .describe('Redis of the `redis` store, as REDIS_URL is written; default: REDIS_URL'),
    CLIENT_CREDENTIALS_REDIS_PREFIX: text()
      .default('mandate:client:')
      .describe('What keys of the `redis` store begin with, before the id: `{tag}` allowed'),
  },
);

export type RedisStoreSettings = Settings<typeof redisStoreConfig, 'RELOAD_INTERVAL_SECONDS'> &
  RedisSettings &
  Pick<RemoteStoreSettings, 'CLIENT_STORE_TIMEOUT_MS'>;

/** Clients in Redis. @throws ConfigError naming what is missing or wrong */
export async function composeRedisClientStore(
  config: RedisStoreSettings,
  runtime: Runtime,
  settings: SecretSettings,
): Promise<ComposedClientStore> {
  const connection = await connect(config, runtime);
  const prefix = config.CLIENT_CREDENTIALS_REDIS_PREFIX;
  return { store: createRedisClientStore({ redis: connection.redis, prefix, settings }), ...connection };
}

/** Lists, writes and removes the records in Redis. @throws ConfigError naming what is missing or wrong */
export async function composeRedisClientRecords(config: RedisStoreSettings, runtime: Runtime): Promise<ClientRecords> {
  const connection = await connect(config, runtime);
  const records = createRedisClientRecords({ redis: connection.redis, prefix: config.CLIENT_CREDENTIALS_REDIS_PREFIX });
  return { ...records, close: () => connection.close() };
}

async function connect(config: RedisStoreSettings, runtime: Runtime): Promise<ComposedRedis> {
  const own = config.CLIENT_CREDENTIALS_REDIS_URL;
  const url = own ?? config.REDIS_URL;
  if (url === undefined) {
    const message = 'is needed, or REDIS_URL, for redis in CLIENT_CREDENTIALS_STORE';
    throw new ConfigError([{ variable: 'CLIENT_CREDENTIALS_REDIS_URL', message }]);
  }
  const { CLIENT_STORE_TIMEOUT_MS: timeoutMs } = config;
  const connection = { url, timeoutMs, waitReplicas: 0, name: 'clients:redis' };
  const connected = connectRedis(config, runtime, connection);
  return own === undefined ? connected : connected.catch(rename);
}

/** An error in the URL names the variable that it comes from. */
function rename(error: unknown): never {
  if (!(error instanceof ConfigError)) throw error;
  throw new ConfigError(
    error.issues.map(({ variable, message }) => ({
      variable: variable === 'REDIS_URL' ? 'CLIENT_CREDENTIALS_REDIS_URL' : variable,
      message,
    })),
  );
}
