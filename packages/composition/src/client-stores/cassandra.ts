import {
  CASSANDRA_CONSISTENCIES,
  type ClientRecords,
  type SecretSettings,
  createCassandraClientRecords,
  createCassandraClientStore,
  createCassandraConnection,
} from '@mandate/clients';
import { ConfigError } from '@mandate/ports';
import { type Runtime, type Settings, choice, list, path, secret, text, usedWith } from '@mandate/service-kit';
import { composeAuthorities, connectedPart } from './authorities.js';
import type { ComposedClientStore, RemoteStoreSettings } from './remote-store.js';

const CONTACT_POINT = /^(?:\[[0-9a-fA-F:.]+\]|[\w.-]+):\d{1,5}$/;

/** The variables of the `cassandra` client store. */
export const cassandraStoreConfig = usedWith(
  { CLIENT_CREDENTIALS_STORE: 'cassandra' },
  {
    CLIENT_CREDENTIALS_CASSANDRA_CONTACT_POINTS: list()
      .refine((points) => points.every((point) => CONTACT_POINT.test(point)), {
        error: 'must be host:port, separated by commas',
      })
      .default([])
      .describe('Nodes of the cluster, `host:port`; the others are found through them'),
    CLIENT_CREDENTIALS_CASSANDRA_LOCAL_DATACENTER: text()
      .default('datacenter1')
      .describe('The data centre whose nodes are asked'),
    CLIENT_CREDENTIALS_CASSANDRA_KEYSPACE: text().default('mandate').describe('The keyspace with the clients'),
    CLIENT_CREDENTIALS_CASSANDRA_TABLE: text().default('clients').describe('The table, a row for each client'),
    CLIENT_CREDENTIALS_CASSANDRA_USERNAME: text().optional().describe('The account that reads clients; unset: none'),
    CLIENT_CREDENTIALS_CASSANDRA_PASSWORD: secret().optional().describe('Its password'),
    CLIENT_CREDENTIALS_CASSANDRA_CA_FILE: path()
      .optional()
      .describe('Certificates (PEM) that sign those of the nodes; reloaded. Unset: connections are without TLS'),
    CLIENT_CREDENTIALS_CASSANDRA_CONSISTENCY: choice(CASSANDRA_CONSISTENCIES)
      .default('localQuorum')
      .describe('How many replicas must agree on an answer'),
  },
);

export type CassandraStoreSettings = Settings<typeof cassandraStoreConfig, 'RELOAD_INTERVAL_SECONDS'> &
  RemoteStoreSettings;

/** Clients in Cassandra. @throws ConfigError naming what is missing or wrong */
export async function composeCassandraClientStore(
  config: CassandraStoreSettings,
  runtime: Runtime,
  settings: SecretSettings,
): Promise<ComposedClientStore> {
  const { connection, ...part } = await connect(config, runtime);
  return { ...part, store: createCassandraClientStore({ ...placeOf(config), connection, settings }) };
}

/** Lists, writes and removes the records in Cassandra. @throws ConfigError naming what is missing or wrong */
export async function composeCassandraClientRecords(
  config: CassandraStoreSettings,
  runtime: Runtime,
): Promise<ClientRecords> {
  const { connection, close } = await connect(config, runtime);
  return { ...createCassandraClientRecords({ ...placeOf(config), connection }), close };
}

function placeOf(config: CassandraStoreSettings): { keyspace: string; table: string } {
  const { CLIENT_CREDENTIALS_CASSANDRA_KEYSPACE: keyspace, CLIENT_CREDENTIALS_CASSANDRA_TABLE: table } = config;
  return { keyspace, table };
}

async function connect(config: CassandraStoreSettings, runtime: Runtime) {
  checkSettings(config);
  const {
    CLIENT_CREDENTIALS_CASSANDRA_USERNAME: username,
    CLIENT_CREDENTIALS_CASSANDRA_PASSWORD: password,
    CLIENT_CREDENTIALS_CASSANDRA_CA_FILE: file,
  } = config;
  const isPlain = password !== undefined && file === undefined;
  if (isPlain)
    runtime.logger.warn('the password goes to Cassandra without TLS', {
      variable: 'CLIENT_CREDENTIALS_CASSANDRA_CA_FILE',
    });
  const variable = 'CLIENT_CREDENTIALS_CASSANDRA_CA_FILE';
  const certificates = composeAuthorities(config, runtime, { variable, file, needs: undefined });
  const connection = await createCassandraConnection({
    contactPoints: config.CLIENT_CREDENTIALS_CASSANDRA_CONTACT_POINTS,
    localDataCenter: config.CLIENT_CREDENTIALS_CASSANDRA_LOCAL_DATACENTER,
    account: username === undefined || password === undefined ? undefined : { username, password },
    consistency: config.CLIENT_CREDENTIALS_CASSANDRA_CONSISTENCY,
    timeoutMs: config.CLIENT_STORE_TIMEOUT_MS,
    authorities: certificates.authorities,
  });
  return connectedPart(connection, certificates);
}

function checkSettings(config: CassandraStoreSettings): void {
  const { CLIENT_CREDENTIALS_CASSANDRA_USERNAME: username, CLIENT_CREDENTIALS_CASSANDRA_PASSWORD: password } = config;
  if (config.CLIENT_CREDENTIALS_CASSANDRA_CONTACT_POINTS.length === 0) {
    throw errorOf('CONTACT_POINTS', 'is needed for cassandra in CLIENT_CREDENTIALS_STORE');
  }
  if (username !== undefined && password === undefined) throw errorOf('PASSWORD', 'is missing beside the account');
  if (username === undefined && password !== undefined) throw errorOf('USERNAME', 'is missing beside the password');
}

function errorOf(name: string, message: string): ConfigError {
  return new ConfigError([{ variable: `CLIENT_CREDENTIALS_CASSANDRA_${name}`, message }]);
}
