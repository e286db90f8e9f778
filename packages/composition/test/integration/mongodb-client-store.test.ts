import { afterAll, beforeAll, describe } from '@jest/globals';
import {
  type MongodbServer,
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
    secrets: ['admin-secret', 'another-password'],
    async open() {
      const server = await startMongodbServer(tool?.address ?? '', process.env);
      return { ...server, env: (port: number) => envOf(server, port) };
    },
    wrongSettings: [
      [
        'a wrong password',
        /password is wrong/,
        (server) => ({ CLIENT_CREDENTIALS_MONGODB_URL: server.urlAt(server.port, 'another-password') }),
      ],
      [
        'no such database',
        /no such database or collection/,
        () => ({ CLIENT_CREDENTIALS_MONGODB_DATABASE: 'nowhere' }),
      ],
      [
        'no such collection',
        /no such database or collection/,
        () => ({ CLIENT_CREDENTIALS_MONGODB_COLLECTION: 'nothing' }),
      ],
      [
        'no such field',
        /no document has the field client_id/,
        () => ({ CLIENT_CREDENTIALS_MONGODB_ID_FIELD: 'client_id' }),
      ],
      [
        'the wrong authority',
        /unreachable, [A-Z_]+/,
        (_server, otherCaFile) => ({ CLIENT_CREDENTIALS_MONGODB_CA_FILE: otherCaFile }),
      ],
    ],
  });
});
