/**
 * npm run clients:import -- STORE clients.json [--apply] [--remove]
 * npm run clients:import -- STORE --export > clients.json
 *
 * Writes the records of a client file into STORE, which is ldap, mongodb, cassandra or redis, and back. Says what would
 * change first: nothing is written without --apply, and records that the file does not have go only with --remove. Where
 * the store is, and as whom, say the variables of a service (docs/client-stores.md); the account must be allowed to write.
 */
import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import * as z from 'zod';
import { type Client, type ClientRecords, createRecordReader, parseClients } from '@mandate/clients';
import { REMOTE_STORES, clientsConfig, composeClientRecords, stateConfig } from '@mandate/composition';
import { type JsonObject, UpstreamError, isJsonObject, parseWrittenJson } from '@mandate/ports';
import { commonConfig, createHttpClient, createLogger, createMetrics, readConfig } from '@mandate/service-kit';

const schema = z.object({ ...commonConfig, ...clientsConfig, ...stateConfig });
type Config = z.output<typeof schema>;

/** A change of one record: what is written, and the names of the members that differ from what was there. */
interface Change {
  sign: '+' | '~' | '-';
  clientId: string;
  record?: JsonObject;
  members: readonly string[];
}

async function main(): Promise<void> {
  const options = { apply: { type: 'boolean' }, remove: { type: 'boolean' }, export: { type: 'boolean' } } as const;
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const [storeName, file] = positionals;
  const name = REMOTE_STORES.find((store) => store === storeName);
  if (name === undefined) throw new Error(`the store is one of ${REMOTE_STORES.join(', ')}; see --help`);
  const env = { ...process.env, CLIENT_CREDENTIALS_STORE: name };
  const config = readConfig(schema, { env });
  const records = await composeClientRecords(name, config, silentRuntime());
  try {
    if (values.export === true) await exportAll(records);
    else if (file === undefined) throw new Error('which client file? see --help');
    else await importAll(records, { file, config, removes: values.remove === true, applies: values.apply === true });
  } finally {
    records.close();
  }
}

async function importAll(records: ClientRecords, options: PlanOptions & { applies: boolean }): Promise<void> {
  const changes = await plan(records, options);
  for (const { sign, clientId, members } of changes) {
    process.stdout.write(`${sign} ${JSON.stringify(clientId)}${members.length > 0 ? ` ${members.join(', ')}` : ''}\n`);
  }
  if (options.applies) await apply(records, changes);
  process.stdout.write(`${summary(changes)}${options.applies ? '' : '; nothing is written without --apply'}\n`);
}

async function exportAll(records: ClientRecords): Promise<void> {
  const clients: JsonObject[] = [];
  for await (const { record } of records.list()) clients.push(record);
  process.stdout.write(`${JSON.stringify({ clients }, null, 2)}\n`);
}

interface PlanOptions {
  file: string;
  config: Config;
  removes: boolean;
}

/** What makes the store hold what the file holds. The file is judged as a service would judge it. */
async function plan(records: ClientRecords, { file, config, removes }: PlanOptions): Promise<Change[]> {
  const settings = { scheme: config.CLIENT_SECRET_SECURITY_SCHEME, hmacKey: config.CLIENT_SECRET_HMAC_KEY };
  const text = await readFile(file, 'utf8');
  const clients = parseClients(text, settings);
  const fileRecords = recordsIn(text);
  const readRecord = createRecordReader(settings);
  const changes: Change[] = [];
  const storedIds = new Set<string>();
  for await (const { clientId, record } of records.list()) {
    storedIds.add(clientId);
    const client = clients.get(clientId);
    const result = readRecord(record);
    const members = client === undefined ? [] : result.ok ? differences(client, result.client) : ['cannot be read'];
    if (client === undefined && removes) changes.push({ sign: '-', clientId, members: [] });
    const replacement = fileRecords.get(clientId);
    if (members.length > 0 && replacement !== undefined) {
      changes.push({ sign: '~', clientId, record: replacement, members });
    }
  }
  const newRecords = [...fileRecords].filter(([clientId]) => !storedIds.has(clientId));
  return [
    ...changes,
    ...newRecords.map(([clientId, record]): Change => ({ sign: '+', clientId, record, members: [] })),
  ];
}

/** The records as they are written, by id. */
function recordsIn(text: string): Map<string, JsonObject> {
  const file = parseWrittenJson(text);
  const list = isJsonObject(file) ? file['clients'] : file;
  const records = Array.isArray(list) ? list.filter(isJsonObject) : [];
  return new Map(
    records.flatMap((record): [string, JsonObject][] =>
      typeof record['clientId'] === 'string' ? [[record['clientId'], record]] : [],
    ),
  );
}

/** The members that differ; some stores keep scopes in an order of their own. */
function differences(fileClient: Client, storedClient: Client): string[] {
  const [one, other] = [fileClient, storedClient].map(
    (client) => new Map<string, unknown>(Object.entries({ ...client, scopes: [...client.scopes].sort() })),
  );
  const members = new Set([...(one?.keys() ?? []), ...(other?.keys() ?? [])]);
  return [...members].filter((member) => !isDeepStrictEqual(one?.get(member), other?.get(member)));
}

async function apply(records: ClientRecords, changes: readonly Change[]): Promise<void> {
  for (const { clientId, record } of changes) {
    await (record === undefined ? records.remove(clientId) : records.put({ clientId, record }));
  }
}

function summary(changes: readonly Change[]): string {
  const count = (sign: Change['sign']): number => changes.filter((change) => change.sign === sign).length;
  return `${count('+')} to add, ${count('~')} to change, ${count('-')} to remove`;
}

function silentRuntime(): Parameters<typeof composeClientRecords>[2] {
  const destination = { write: () => undefined };
  return {
    logger: createLogger({ level: 'silent', service: 'clients-import', destination }),
    metrics: createMetrics({ defaults: false }),
    clock: () => Math.floor(Date.now() / 1000),
    http: createHttpClient({ timeoutMs: 1000 }),
    output: destination,
  };
}

main().catch((error: unknown) => {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 64;
});

function messageOf(error: unknown): string {
  if (error instanceof UpstreamError) return [error.message, error.detail].filter(Boolean).join(', ');
  return error instanceof Error ? error.message : 'failed';
}
