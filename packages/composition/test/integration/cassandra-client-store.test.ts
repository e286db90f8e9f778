import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  CASSANDRA_TEST,
  type CassandraServer,
  cassandraServer,
  describeRemoteClientStoreContract,
  startCassandraServer,
  startRealPart,
} from '@mandate/testing';
import { executeAll, schemaStatements } from './cassandra-operator.js';
import { type StoreEnvironment, fill, openWith } from './client-store-world.js';
import { describeCassandraFailover } from './describe-cassandra-failover.js';
import { describeClientsImport } from './describe-clients-import.js';
import { describeStoreFaults } from './describe-store-faults.js';

const START_MS = 180_000;

const tool = await startRealPart(cassandraServer, process.env);
const withCassandra = tool === undefined ? describe.skip : describe;

const envOf = ({ caFile }: CassandraServer, port: number): StoreEnvironment => ({
  CLIENT_CREDENTIALS_CASSANDRA_CONTACT_POINTS: `127.0.0.1:${port}`,
  CLIENT_CREDENTIALS_CASSANDRA_USERNAME: CASSANDRA_TEST.username,
  CLIENT_CREDENTIALS_CASSANDRA_PASSWORD: CASSANDRA_TEST.password,
  CLIENT_CREDENTIALS_CASSANDRA_CA_FILE: caFile,
});

/** The schema as an operator makes it, and a column that no record has. */
async function createSchema(port: number): Promise<void> {
  await executeAll({ node: `127.0.0.1:${port}`, credentials: CASSANDRA_TEST }, [
    ...(await schemaStatements()),
    'ALTER TABLE mandate.clients ADD "somethingNew" text',
    'CREATE TABLE mandate.others (id text PRIMARY KEY)',
  ]);
}

withCassandra('a real Cassandra', () => {
  let server: CassandraServer;
  beforeAll(async () => {
    server = await startCassandraServer(tool?.address ?? '', process.env);
    await createSchema(server.port);
  }, START_MS);
  afterAll(() => server.stop());

  describeRemoteClientStoreContract('cassandra', (records) =>
    openWith('cassandra', envOf(server, server.port), { records }),
  );

  it('refuses to write a member for which there is no column', async () => {
    const filling = fill('cassandra', envOf(server, server.port), [{ clientId: 'a', unheardOf: 'x' }]);
    await expect(filling).rejects.toMatchObject({ failure: 'refused' });
  });

  describeClientsImport('cassandra', () => envOf(server, server.port));

  describeStoreFaults({
    name: 'cassandra',
    secrets: ['another-password'],
    open: () => {
      const env = (port: number) => envOf(server, port);
      return Promise.resolve({ ...server, env, stop: () => Promise.resolve() });
    },
    wrongSettings: [
      ['a wrong password', /password is wrong/, () => ({ CLIENT_CREDENTIALS_CASSANDRA_PASSWORD: 'another-password' })],
      ['no such keyspace', /no such keyspace/, () => ({ CLIENT_CREDENTIALS_CASSANDRA_KEYSPACE: 'nowhere' })],
      [
        'a table of another schema',
        /no such keyspace, table or column/,
        () => ({ CLIENT_CREDENTIALS_CASSANDRA_TABLE: 'others' }),
      ],
      ['no such data centre', /data centre/, () => ({ CLIENT_CREDENTIALS_CASSANDRA_LOCAL_DATACENTER: 'elsewhere' })],
      [
        'the wrong authority',
        /unreachable, [A-Z_]+/,
        (_server, otherCaFile) => ({ CLIENT_CREDENTIALS_CASSANDRA_CA_FILE: otherCaFile }),
      ],
    ],
  });

  // The last, since it ends the server.
  describeCassandraFailover({ tool: tool?.address ?? '', first: () => server });
});
