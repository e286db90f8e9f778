import { type JsonObject, UpstreamError, isJsonObject, parseStrictJson } from '@mandate/ports';
import type { SecretSettings } from '../../secrets/secret-schemes.js';
import type { ClientStore } from '../client-store.js';
import { CLIENT_MEMBERS, createRecordReader } from '../parse-clients.js';
import { brokenRecord, clientOf } from '../stored-record.js';
import type { MongodbConnection } from './mongodb-connection.js';

export interface MongodbClientStoreOptions {
  connection: MongodbConnection;
  /** The field with the id: `clientId`, or `_id`. */
  idField: string;
  settings: SecretSettings;
}

const STORE = 'clients:mongodb';

/** Clients in a collection, a document each, whose fields are the members of a record. */
export function createMongodbClientStore({ connection, idField, settings }: MongodbClientStoreOptions): ClientStore {
  const parse = createRecordReader(settings);
  const members = Object.fromEntries(CLIENT_MEMBERS.map((member) => [member, 1]));
  const projection = { _id: 0, ...members, [idField]: 1 };
  let isFieldSeen = false;

  /** Rejects where nobody could be found: no collection, or documents none of which has the field with the id. */
  async function check(): Promise<void> {
    await connection.checkCollection();
    if (isFieldSeen) return;
    const hasOne = (filter: object): Promise<boolean> =>
      connection.run(
        async (clients, signal) =>
          (await clients.find(filter, { projection: { [idField]: 1 }, limit: 1, signal }).toArray()).length > 0,
      );
    isFieldSeen = await hasOne({ [idField]: { $exists: true } });
    if (!isFieldSeen && (await hasOne({})))
      throw new UpstreamError(STORE, 'refused', `no document has the field ${idField}`);
  }

  return {
    async findClient(clientId) {
      const documents = await connection.run((clients, signal) =>
        clients.find({ [idField]: clientId }, { projection, limit: 2, signal }).toArray(),
      );
      // A collection may compare without case or accents.
      const [document, ...others] = documents.filter((one) => one[idField] === clientId);
      if (others.length > 0) throw brokenRecord(STORE, clientId, 'is there several times');
      if (document !== undefined) {
        return clientOf({ ...plain(document), clientId }, { store: STORE, clientId, parse });
      }
      await check();
      return undefined;
    },
    check,
    close: () => connection.close(),
  };
}

/** The document as JSON; what BSON has beyond that becomes what it is written as. */
export function plain(document: object): JsonObject {
  const value = parseStrictJson(JSON.stringify(document));
  return isJsonObject(value) ? value : {};
}
