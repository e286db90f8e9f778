import type { JsonObject } from '@mandate/ports';
import type { SecretSettings } from '../../secrets/secret-schemes.js';
import type { ClientStore } from '../client-store.js';
import { createRecordReader } from '../parse-clients.js';
import { brokenRecord, clientOf } from '../stored-record.js';
import type { CassandraConnection } from './cassandra-connection.js';
import { RowProblem, recordOf, selectClient } from './cassandra-row.js';

export interface CassandraClientStoreOptions {
  connection: CassandraConnection;
  keyspace: string;
  table: string;
  settings: SecretSettings;
}

const STORE = 'clients:cassandra';

/** Clients in a table of Cassandra, a row each, whose columns are the members of a record. */
export function createCassandraClientStore(options: CassandraClientStoreOptions): ClientStore {
  const { connection, keyspace, table, settings } = options;
  const parse = createRecordReader(settings);
  const query = selectClient(keyspace, table);
  const rowsOf = (clientId: string) => connection.run((client) => client.execute(query, [clientId]));
  return {
    async findClient(clientId) {
      const { rows } = await rowsOf(clientId);
      const [row] = rows;
      return row === undefined ? undefined : clientOf(record(row, clientId), { store: STORE, clientId, parse });
    },
    // The keyspace, the table, its key, and what the account may read.
    async check() {
      await rowsOf('-');
    },
    close: () => connection.close(),
  };
}

function record(row: object, clientId: string): JsonObject {
  try {
    return recordOf(row);
  } catch (error) {
    throw error instanceof RowProblem ? brokenRecord(STORE, clientId, error.message) : error;
  }
}
