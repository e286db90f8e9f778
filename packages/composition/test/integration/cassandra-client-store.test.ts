import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CASSANDRA_TEST,
  type CassandraServer,
  cassandraServer,
  createTestAuthority,
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
  let directory: string;
  beforeAll(async () => {
    server = await startCassandraServer(tool?.address ?? '', process.env);
    await createSchema(server.port);
    directory = await mkdtemp(join(tmpdir(), 'mandate-authority-'));
  }, START_MS);
  afterAll(async () => {
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  });

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
    settings: [
      'a wrong password',
      'no such keyspace',
      'a table of another schema',
      'no such data centre',
      'the wrong authority',
    ],
    async open() {
      const { caFile } = await createTestAuthority(directory, 'another');
      return {
        secrets: ['another-password'],
        wrongSettings: [
          {
            what: 'a wrong password',
            env: { CLIENT_CREDENTIALS_CASSANDRA_PASSWORD: 'another-password' },
            said: /password is wrong/,
          },
          {
            what: 'no such keyspace',
            env: { CLIENT_CREDENTIALS_CASSANDRA_KEYSPACE: 'nowhere' },
            said: /no such keyspace/,
          },
          {
            what: 'a table of another schema',
            env: { CLIENT_CREDENTIALS_CASSANDRA_TABLE: 'others' },
            said: /no such keyspace, table or column/,
          },
          {
            what: 'no such data centre',
            env: { CLIENT_CREDENTIALS_CASSANDRA_LOCAL_DATACENTER: 'elsewhere' },
            said: /data centre/,
          },
          {
            what: 'the wrong authority',
            env: { CLIENT_CREDENTIALS_CASSANDRA_CA_FILE: caFile },
            said: /unreachable, [A-Z_]+/,
          },
        ],
        server: { ...server, env: (port) => envOf(server, port), stop: () => Promise.resolve() },
      };
    },
  });

  // The last, since it ends the server.
  describeCassandraFailover({ tool: tool?.address ?? '', first: () => server });
});
