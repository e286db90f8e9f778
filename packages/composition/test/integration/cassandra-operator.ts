import cassandra from 'cassandra-driver';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const SCHEMA = join(import.meta.dirname, '../../../../config/client-stores/cassandra.cql');

/** A node, `host:port`, and an account of it. */
export interface CassandraOperator {
  node: string;
  credentials: { username: string; password: string };
}

/** Asks a node one statement after the other; gives the rows of the last. */
export async function executeAll(
  { node, credentials }: CassandraOperator,
  statements: readonly string[],
): Promise<cassandra.types.Row[]> {
  const client = new cassandra.Client({
    contactPoints: [node],
    protocolOptions: { port: Number(node.split(':')[1]) },
    localDataCenter: 'datacenter1',
    credentials,
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
