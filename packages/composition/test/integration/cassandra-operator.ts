import cassandra from 'cassandra-driver';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CASSANDRA_TEST } from '@mandate/testing';

const SCHEMA = join(import.meta.dirname, '../../../../config/client-stores/cassandra.cql');

/** Asks the node at `host:port` as its administrator, one statement after the other; gives the rows of the last. */
export async function executeAll(node: string, statements: readonly string[]): Promise<cassandra.types.Row[]> {
  const client = new cassandra.Client({
    contactPoints: [node],
    protocolOptions: { port: Number(node.split(':')[1]) },
    localDataCenter: 'datacenter1',
    credentials: CASSANDRA_TEST,
    socketOptions: { readTimeout: 60_000 },
  });
  try {
    let rows: cassandra.types.Row[] = [];
    for (const statement of statements) ({ rows } = await client.execute(statement));
    return rows;
  } finally {
    await client.shutdown();
  }
}

/** The statements of the schema of this repository. */
export async function schemaStatements(): Promise<string[]> {
  const text = (await readFile(SCHEMA, 'utf8')).replace(/--.*$/gm, '');
  return text.split(';').filter((statement) => statement.trim() !== '');
}
