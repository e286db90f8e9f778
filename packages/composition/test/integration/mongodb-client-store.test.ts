import { afterAll, beforeAll, describe } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type MongodbServer,
  createTestAuthority,
  describeRemoteClientStoreContract,
  mongodbServer,
  startMongodbServer,
  startRealPart,
} from '@mandate/testing';
import { type StoreEnvironment, openWith } from './client-store-world.js';
import { describeClientsImport } from './describe-clients-import.js';
import { describeStoreFaults } from './describe-store-faults.js';

const tool = await startRealPart(mongodbServer, process.env);
const withMongodb = tool === undefined ? describe.skip : describe;

const envOf = (server: MongodbServer, port = server.port): StoreEnvironment => ({
  CLIENT_CREDENTIALS_MONGODB_URL: server.urlAt(port),
  CLIENT_CREDENTIALS_MONGODB_CA_FILE: server.caFile,
});

withMongodb('clients in a real FerretDB', () => {
  let server: MongodbServer;
  beforeAll(async () => {
    server = await startMongodbServer(tool?.address ?? '', process.env);
  });
  afterAll(() => server.stop());

  describeRemoteClientStoreContract('mongodb', (records) => openWith('mongodb', envOf(server), { records }));

  describeClientsImport('mongodb', () => envOf(server));

  describe('whose id is _id', () => {
    describeRemoteClientStoreContract('mongodb', (records) =>
      openWith(
        'mongodb',
        {
          ...envOf(server),
          CLIENT_CREDENTIALS_MONGODB_ID_FIELD: '_id',
          CLIENT_CREDENTIALS_MONGODB_COLLECTION: 'by-id',
        },
        { records },
      ),
    );
  });
});

withMongodb('a FerretDB of this test', () => {
  describeStoreFaults({
    name: 'mongodb',
    settings: ['a wrong password', 'no such database', 'no such collection', 'no such field', 'the wrong authority'],
    async open() {
      const server = await startMongodbServer(tool?.address ?? '', process.env);
      const directory = await mkdtemp(join(tmpdir(), 'mandate-authority-'));
      const { caFile } = await createTestAuthority(directory, 'another');
      return {
        secrets: ['admin-secret', 'another-password'],
        wrongSettings: [
          {
            what: 'a wrong password',
            env: { CLIENT_CREDENTIALS_MONGODB_URL: server.urlAt(server.port, 'another-password') },
            said: /password is wrong/,
          },
          {
            what: 'no such database',
            env: { CLIENT_CREDENTIALS_MONGODB_DATABASE: 'nowhere' },
            said: /no such database or collection/,
          },
          {
            what: 'no such collection',
            env: { CLIENT_CREDENTIALS_MONGODB_COLLECTION: 'nothing' },
            said: /no such database or collection/,
          },
          {
            what: 'no such field',
            env: { CLIENT_CREDENTIALS_MONGODB_ID_FIELD: 'client_id' },
            said: /no document has the field client_id/,
          },
          {
            what: 'the wrong authority',
            env: { CLIENT_CREDENTIALS_MONGODB_CA_FILE: caFile },
            said: /unreachable, [A-Z_]+/,
          },
        ],
        server: {
          ...server,
          env: (port) => envOf(server, port),
          async stop() {
            await server.stop();
            await rm(directory, { recursive: true, force: true });
          },
        },
      };
    },
  });
});
