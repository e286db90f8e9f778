import {
  type Client,
  type ClientRecords,
  type SecretSettings,
  createFirstClientStore,
  createJsonClientStore,
  isLoadedPlain,
  parseClientsInSteps,
} from '@mandate/clients';
import { ConfigError } from '@mandate/ports';
import { type Runtime, type Settings, choices, path, usedWith, watchFile } from '@mandate/service-kit';
import { uniteParts } from '../part.js';
import type { RedisSettings } from '../redis/compose-redis.js';
import { cassandraStoreConfig, composeCassandraClientRecords, composeCassandraClientStore } from './cassandra.js';
import { composeLdapClientRecords, composeLdapClientStore, ldapStoreConfig } from './ldap.js';
import { composeMongodbClientRecords, composeMongodbClientStore, mongodbStoreConfig } from './mongodb.js';
import { composeRedisClientRecords, composeRedisClientStore, redisStoreConfig } from './redis.js';
import { type ComposedClientStore, composeRemoteStore, remoteStoreConfig } from './remote-store.js';
import { type RemoteStoreName, REMOTE_STORES } from './store-names.js';

/** The variables that say where client records are. */
export const clientStoresConfig = {
  CLIENT_CREDENTIALS_STORE: choices(['json', ...REMOTE_STORES])
    .default(['json'])
    .describe('Where client records are kept, in order: the first store that knows the id answers'),
  ...usedWith(
    { CLIENT_CREDENTIALS_STORE: 'json' },
    {
      CLIENT_CREDENTIALS_JSON_PATH: path()
        .optional()
        .describe('Client records as a JSON file; reloaded when it changes'),
    },
  ),
  ...remoteStoreConfig,
  ...ldapStoreConfig,
  ...mongodbStoreConfig,
  ...cassandraStoreConfig,
  ...redisStoreConfig,
};

export type ClientStoreSettings = Settings<typeof clientStoresConfig, 'RELOAD_INTERVAL_SECONDS'> & RedisSettings;

interface StoreComposition {
  config: ClientStoreSettings;
  runtime: Runtime;
  settings: SecretSettings;
}

const COMPOSE_REMOTE: Record<RemoteStoreName, (composition: StoreComposition) => Promise<ComposedClientStore>> = {
  ldap: ({ config, runtime, settings }) => composeLdapClientStore(config, runtime, settings),
  mongodb: ({ config, runtime, settings }) => composeMongodbClientStore(config, runtime, settings),
  cassandra: ({ config, runtime, settings }) => composeCassandraClientStore(config, runtime, settings),
  redis: ({ config, runtime, settings }) => composeRedisClientStore(config, runtime, settings),
};

const COMPOSE_RECORDS: Record<
  RemoteStoreName,
  (config: ClientStoreSettings, runtime: Runtime) => Promise<ClientRecords>
> = {
  ldap: composeLdapClientRecords,
  mongodb: composeMongodbClientRecords,
  cassandra: composeCassandraClientRecords,
  redis: composeRedisClientRecords,
};

/** The records of one store, to be moved, whether or not a service uses it. @throws ConfigError */
export function composeClientRecords(
  name: RemoteStoreName,
  config: ClientStoreSettings,
  runtime: Runtime,
): Promise<ClientRecords> {
  return COMPOSE_RECORDS[name](config, runtime);
}

/**
 * The stores of `CLIENT_CREDENTIALS_STORE` as one; `undefined` where there is none, which is `json` alone without a file.
 * @throws ConfigError naming what is missing or wrong
 */
export async function composeClientStores(composition: StoreComposition): Promise<ComposedClientStore | undefined> {
  const { CLIENT_CREDENTIALS_STORE: names, CLIENT_CREDENTIALS_JSON_PATH: file } = composition.config;
  if (names.every((name) => name === 'json') && file === undefined) return undefined;
  const stores: ComposedClientStore[] = [];
  for (const name of names)
    stores.push(name === 'json' ? composeJson(composition) : await composeRemote(name, composition));
  const bind = stores.find((one) => one.bind !== undefined)?.bind;
  const listed = stores.find((one) => one.listed !== undefined)?.listed;
  return { ...uniteParts(stores), bind, listed, store: createFirstClientStore(stores.map(({ store }) => store)) };
}

async function composeRemote(name: RemoteStoreName, composition: StoreComposition): Promise<ComposedClientStore> {
  const { config, runtime } = composition;
  return composeRemoteStore(await COMPOSE_REMOTE[name](composition), { config, runtime, name });
}

function composeJson({ config, runtime, settings }: StoreComposition): ComposedClientStore {
  const file = config.CLIENT_CREDENTIALS_JSON_PATH;
  if (file === undefined) {
    const message = 'is needed for json in CLIENT_CREDENTIALS_STORE';
    throw new ConfigError([{ variable: 'CLIENT_CREDENTIALS_JSON_PATH', message }]);
  }
  const clientFile = watchFile(runtime, {
    path: file,
    variable: 'CLIENT_CREDENTIALS_JSON_PATH',
    parseInSteps: (text: string) => parseClientsInSteps(text, settings),
    intervalSeconds: config.RELOAD_INTERVAL_SECONDS,
  });
  if (settings.scheme === 'none') warnOfPlainSecrets(clientFile.current(), runtime);
  return {
    store: createJsonClientStore(clientFile),
    listed: () => clientFile.current().values(),
    parts: [clientFile.part],
    close: () => clientFile.close(),
  };
}

function warnOfPlainSecrets(clients: ReadonlyMap<string, Client>, { logger }: Pick<Runtime, 'logger'>): void {
  const isPlain = ({ secrets }: Client): boolean => secrets.some(({ value }) => isLoadedPlain(value));
  const count = [...clients.values()].filter(isPlain).length;
  if (count === 0) return;
  const problem = 'npm run client:hash makes of a secret what to store in its place';
  logger.warn('clients have secrets stored as plain text', {
    count,
    variable: 'CLIENT_CREDENTIALS_JSON_PATH',
    problem,
  });
}
