import type { ClientRecords } from '../client-records.js';
import type { CassandraConnection } from './cassandra-connection.js';
import { recordOf, rowOf, tableName } from './cassandra-row.js';

export interface CassandraClientRecordsOptions {
  connection: CassandraConnection;
  keyspace: string;
  table: string;
}

/** The records of a table. A member without a column is refused when it is written. */
export function createCassandraClientRecords(options: CassandraClientRecordsOptions): ClientRecords {
  const { connection } = options;
  const table = tableName(options.keyspace, options.table);
  const remove = `DELETE FROM ${table} WHERE "clientId" = ?`;
  return {
    async *list() {
      let pageState: string | undefined;
      do {
        const page = { fetchSize: 500, ...(pageState !== undefined && { pageState }) };
        const answer = await connection.run((client) => client.execute(`SELECT * FROM ${table}`, [], page));
        for (const row of answer.rows) yield { clientId: String(row['clientId']), record: recordOf(row) };
        pageState = answer.pageState;
      } while (typeof pageState === 'string');
    },
    async put({ record }) {
      const row = JSON.stringify(rowOf(record));
      await connection.run((client) => client.execute(`INSERT INTO ${table} JSON ?`, [row]));
    },
    async remove(clientId) {
      await connection.run((client) => client.execute(remove, [clientId]));
    },
    close: () => connection.close(),
  };
}
