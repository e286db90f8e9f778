import type { JsonObject } from '@mandate/ports';
import type { ClientRecords } from '../client-records.js';
import { plain } from './mongodb-client-store.js';
import type { MongodbConnection } from './mongodb-connection.js';

/** The records of a collection. */
export function createMongodbClientRecords(connection: MongodbConnection, idField: string): ClientRecords {
  return {
    async *list() {
      // Not over one cursor: whoever reads the records may be slow.
      const documents = await connection.run((clients, signal) => clients.find({}, { signal }).toArray());
      for (const document of documents) {
        const clientId = String(document[idField]);
        yield { clientId, record: { clientId, ...without(plain(document), ['_id', idField]) } };
      }
    },
    async put({ clientId, record }) {
      const document = { ...without(record, ['clientId']), [idField]: clientId };
      await connection.run((clients) => clients.replaceOne({ [idField]: clientId }, document, { upsert: true }));
    },
    async remove(clientId) {
      await connection.run((clients) => clients.deleteOne({ [idField]: clientId }));
    },
    close: () => connection.close(),
  };
}

function without(record: JsonObject, members: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(record).filter(([member]) => !members.includes(member)));
}
