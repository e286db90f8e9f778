import {
  type ClientRecords,
  type SecretSettings,
  createMongodbClientRecords,
  createMongodbClientStore,
  createMongodbConnection,
} from '@mandate/clients';
import { ConfigError } from '@mandate/ports';
import { type Runtime, type Settings, path, secret, text, usedWith } from '@mandate/service-kit';
import { composeAuthorities, connectedPart } from './authorities.js';
import type { ComposedClientStore, RemoteStoreSettings } from './remote-store.js';

/** The variables of the `mongodb` client store. */
export const mongodbStoreConfig = usedWith(
  { CLIENT_CREDENTIALS_STORE: 'mongodb' },
  {
    CLIENT_CREDENTIALS_MONGODB_URL: secret()
      .optional()
      .describe('`mongodb://` with account, hosts and options such as `tls=true`, `replicaSet`, `readPreference`'),
    CLIENT_CREDENTIALS_MONGODB_DATABASE: text().default('mandate').describe('The database with the clients'),
    CLIENT_CREDENTIALS_MONGODB_COLLECTION: text()
      .default('clients')
      .describe('The collection, a document for each client'),
    CLIENT_CREDENTIALS_MONGODB_ID_FIELD: text()
      .default('clientId')
      .describe('The field with the id; `_id` where that is it'),
    CLIENT_CREDENTIALS_MONGODB_CA_FILE: path()
      .optional()
      .describe("Certificates (PEM) that sign the server's, instead of those of the system; reloaded"),
  },
);

export type MongodbStoreSettings = Settings<typeof mongodbStoreConfig, 'RELOAD_INTERVAL_SECONDS'> & RemoteStoreSettings;

/** Clients in MongoDB. @throws ConfigError naming what is missing or wrong */
export async function composeMongodbClientStore(
  config: MongodbStoreSettings,
  runtime: Runtime,
  settings: SecretSettings,
): Promise<ComposedClientStore> {
  const { connection, ...part } = await connect(config, runtime);
  const idField = config.CLIENT_CREDENTIALS_MONGODB_ID_FIELD;
  return { ...part, store: createMongodbClientStore({ connection, idField, settings }) };
}

/** Lists, writes and removes the records in MongoDB. @throws ConfigError naming what is missing or wrong */
export async function composeMongodbClientRecords(
  config: MongodbStoreSettings,
  runtime: Runtime,
): Promise<ClientRecords> {
  const { connection, close } = await connect(config, runtime);
  return { ...createMongodbClientRecords(connection, config.CLIENT_CREDENTIALS_MONGODB_ID_FIELD), close };
}

const URL_VARIABLE = 'CLIENT_CREDENTIALS_MONGODB_URL';

async function connect(config: MongodbStoreSettings, runtime: Runtime) {
  const { CLIENT_CREDENTIALS_MONGODB_URL: url, CLIENT_STORE_TIMEOUT_MS: timeoutMs } = config;
  if (url === undefined) throw wrongUrl('is needed for mongodb in CLIENT_CREDENTIALS_STORE');
  const certificates = composeAuthorities(config, runtime, {
    variable: 'CLIENT_CREDENTIALS_MONGODB_CA_FILE',
    file: config.CLIENT_CREDENTIALS_MONGODB_CA_FILE,
    needs: /[?&](?:tls|ssl)=true(?:&|$)/.test(url) ? undefined : `tls=true in ${URL_VARIABLE}`,
  });
  const { CLIENT_CREDENTIALS_MONGODB_DATABASE: database, CLIENT_CREDENTIALS_MONGODB_COLLECTION: collection } = config;
  const options = { url, database, collection, timeoutMs, authorities: certificates.authorities };
  const connection = await createMongodbConnection(options).catch((error: unknown) => {
    throw error instanceof TypeError ? wrongUrl('must be mongodb://account:password@host:port/?options') : error;
  });
  return connectedPart(connection, certificates);
}

function wrongUrl(message: string): ConfigError {
  return new ConfigError([{ variable: URL_VARIABLE, message }]);
}
