import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { executeAll, schemaStatements } from '../packages/composition/test/integration/cassandra-operator.js';
import { CASSANDRA_TEST, cassandraServer, startCassandraServer } from '../packages/testing/src/real-parts/cassandra.js';
import { LDAP_TEST, ldapServer, startLdapServer } from '../packages/testing/src/real-parts/ldap.js';
import { mongodbServer, startMongodbServer } from '../packages/testing/src/real-parts/mongodb.js';
import { redisProgram, startRedisProcess } from '../packages/testing/src/real-parts/redis-processes.js';
import { type RealPart, startRealPart } from '../packages/testing/src/real-parts/start-real-part.js';
import { type Scenario, run, start } from './scenarios.js';
import { MAIN } from './workloads.js';

type Variables = Record<string, string>;

/** A store that runs: how a service finds it, and whoever writes clients into it. */
interface RunningStore {
  settings: Variables;
  operator: Variables;
  stop(): Promise<void>;
}

const root = resolve(import.meta.dirname, '..');
/** So many that no two of the requests at one time are of one client, which would be one question. */
const CLIENTS = 200;
const WARM = { CLIENT_CACHE_SECONDS: '3600' };
const COLD = { CLIENT_CACHE_SECONDS: '0', CLIENT_CACHE_MISSING_SECONDS: '0' };

const toolOf = async (part: RealPart): Promise<string | undefined> => (await startRealPart(part, process.env))?.address;

async function startLdap(): Promise<RunningStore | undefined> {
  const tool = await toolOf(ldapServer);
  if (tool === undefined) return undefined;
  const server = await startLdapServer(tool, process.env);
  const as = ({ dn, password }: { dn: string; password: string }): Variables => ({
    CLIENT_CREDENTIALS_LDAP_URLS: `ldaps://127.0.0.1:${server.tlsPort}`,
    CLIENT_CREDENTIALS_LDAP_CA_FILE: server.caFile,
    CLIENT_CREDENTIALS_LDAP_BASE_DN: LDAP_TEST.baseDn,
    CLIENT_CREDENTIALS_LDAP_BIND_DN: dn,
    CLIENT_CREDENTIALS_LDAP_BIND_PASSWORD: password,
  });
  return { settings: as(LDAP_TEST.reader), operator: as(LDAP_TEST.admin), stop: () => server.stop() };
}

async function startMongodb(): Promise<RunningStore | undefined> {
  const tool = await toolOf(mongodbServer);
  if (tool === undefined) return undefined;
  const server = await startMongodbServer(tool, process.env);
  const settings = {
    CLIENT_CREDENTIALS_MONGODB_URL: server.urlAt(server.port),
    CLIENT_CREDENTIALS_MONGODB_CA_FILE: server.caFile,
  };
  return { settings, operator: settings, stop: () => server.stop() };
}

async function startCassandra(): Promise<RunningStore | undefined> {
  const tool = await toolOf(cassandraServer);
  if (tool === undefined) return undefined;
  const server = await startCassandraServer(tool, process.env);
  const node = `127.0.0.1:${server.port}`;
  await executeAll({ node, credentials: CASSANDRA_TEST }, await schemaStatements());
  const settings = {
    CLIENT_CREDENTIALS_CASSANDRA_CONTACT_POINTS: node,
    CLIENT_CREDENTIALS_CASSANDRA_CA_FILE: server.caFile,
    CLIENT_CREDENTIALS_CASSANDRA_USERNAME: CASSANDRA_TEST.username,
    CLIENT_CREDENTIALS_CASSANDRA_PASSWORD: CASSANDRA_TEST.password,
  };
  return { settings, operator: settings, stop: () => server.stop() };
}

async function startRedis(): Promise<RunningStore | undefined> {
  const program = await redisProgram(process.env);
  if (program === undefined) return undefined;
  const server = await startRedisProcess(program);
  const settings = { CLIENT_CREDENTIALS_REDIS_URL: `redis://127.0.0.1:${server.port}` };
  return { settings, operator: settings, stop: () => server.stop() };
}

const STORES = { ldap: startLdap, mongodb: startMongodb, cassandra: startCassandra, redis: startRedis };

/** Issuing with the clients in a file, and in each store: known from the cache, and asked for each time. */
export async function runStores(scenario: Scenario): Promise<void> {
  const issue = MAIN.find(({ operation }) => operation === 'issue');
  if (issue === undefined) throw new Error('there is no such workload');
  for (const [name, startStore] of Object.entries(STORES)) {
    const store = await startStore();
    if (store === undefined) {
      process.stderr.write(`not run: ${name}, whose server is not here\n`);
      continue;
    }
    try {
      await fill(name, scenario.world.clients(CLIENTS + 1), store.operator);
      const over = { CLIENT_CREDENTIALS_STORE: name, CLIENT_CREDENTIALS_JSON_PATH: '', ...store.settings };
      await run(
        scenario,
        [{ ...issue, name: `issue, ${name}`, clients: CLIENTS, contenders: ['mandate'] }],
        [
          start(scenario, 'mandate', { clients: CLIENTS + 1 }),
          start(scenario, 'mandate', { label: `${name}, cached`, settings: { ...over, ...WARM } }),
          start(scenario, 'mandate', { label: `${name}, asked`, settings: { ...over, ...COLD } }),
        ],
      );
    } finally {
      await store.stop();
    }
  }
}

/** By the command that a person uses. */
async function fill(name: string, file: string, operator: Variables): Promise<void> {
  const command = [
    '--conditions=mandate-source',
    '--import',
    'tsx',
    'scripts/clients-import.ts',
    name,
    file,
    '--apply',
  ];
  const env = { PATH: process.env['PATH'], CLIENT_STORE_TIMEOUT_MS: '10000', ...operator };
  await promisify(execFile)(process.execPath, command, { cwd: root, env, maxBuffer: 16 * 1024 * 1024 });
}
