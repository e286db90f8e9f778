import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePorts } from '../free-ports.js';
import { createTestAuthority } from '../keys/test-authority.js';
import { findProgram } from './find-program.js';
import type { Environment, RealPart, RealPartWay } from './start-real-part.js';
import { type ToolServer, findTool, startToolServer } from './tool-server.js';

/** One Cassandra node, which takes connections with TLS and without. */
export interface CassandraServer extends ToolServer {
  port: number;
  /** Where nodes talk to each other. */
  storagePort: number;
  /** The certificate that signs the node's, PEM. */
  caFile: string;
}

/** The administrator of {@link startCassandraServer}. */
export const CASSANDRA_TEST = { username: 'cassandra', password: 'cassandra' } as const;

const VERSION = '5.0.6';
/** Where CI has `../shared/tools/cassandra/up.sh` put what it fetches. */
const FETCHED = join(homedir(), '.cache', 'mandate-cassandra', `lib-${VERSION}`);
const libraryOf = (env: Environment): string => env['TEST_CASSANDRA_LIB'] ?? FETCHED;

const fetchedTool: RealPartWay = {
  name: `../shared/tools/cassandra with Java on PATH and what it fetches in ${FETCHED}`,
  async start(env) {
    const java = await findProgram('java', env);
    const isFetched = existsSync(join(libraryOf(env), `cassandra-all-${VERSION}.jar`));
    return java !== undefined && isFetched ? findTool('cassandra', env) : undefined;
  },
};

/** Cassandra and the tool that runs it; the address is the folder of the tool. */
export const cassandraServer: RealPart = {
  name: 'Cassandra',
  addressVariable: 'TEST_CASSANDRA_TOOL',
  ways: [fetchedTool],
  advice:
    'Run WORK=~/.cache/mandate-cassandra ../shared/tools/cassandra/up.sh and down.sh once, and set TEST_TOOLS where ../shared/tools is not.',
};

/** Where a node listens, how it finds the first one, and its half of the ring. */
interface Place {
  address: string;
  port: number;
  storagePort: number;
  token: string;
}

/** Starts a node that no other test uses, in some ten seconds. */
export async function startCassandraServer(tool: string, env: Environment): Promise<CassandraServer> {
  const [port = 0, storagePort = 0] = await freePorts(2);
  const directory = await mkdtemp(join(tmpdir(), 'mandate-cassandra-'));
  return startNode(tool, env, { directory, place: { address: '127.0.0.1', port, storagePort, token: '0' } });
}

/** Starts a second node of the cluster of the first, at 127.0.0.2 and the same ports, as nodes of one cluster have them. */
export async function startCassandraPeer(
  tool: string,
  env: Environment,
  { port, storagePort }: CassandraServer,
): Promise<CassandraServer> {
  const directory = await mkdtemp(join(tmpdir(), 'mandate-cassandra-'));
  // Data that are there already: the tool does not wait for the first account, which is the first node's.
  await mkdir(join(directory, `data-${VERSION}`, 'data', 'system_auth'), { recursive: true });
  const token = String(2n ** 62n);
  return startNode(tool, env, { directory, place: { address: '127.0.0.2', port, storagePort, token } });
}

async function startNode(
  tool: string,
  env: Environment,
  { directory, place }: { directory: string; place: Place },
): Promise<CassandraServer> {
  const { port, storagePort } = place;
  const authority = await createTestAuthority(directory, 'ca');
  const settings = await writeSettings(tool, { directory, authority, place });
  const ports = { CQL_PORT: String(port), STORAGE_PORT: String(storagePort) };
  const variables = { ...ports, CV: VERSION, LIB: libraryOf(env), CASS_OPTS: `-Dcassandra.config=file://${settings}` };
  const server = await startToolServer({ tool, directory, env: { ...env, ...variables } });
  return { ...server, port, storagePort, caFile: authority.caFile };
}

interface Settings {
  directory: string;
  authority: Awaited<ReturnType<typeof createTestAuthority>>;
  place: Place;
}

/** The settings of the tool, with TLS beside plain text; what is written is there after a kill as well. */
async function writeSettings(tool: string, { directory, authority, place }: Settings): Promise<string> {
  const { certificateFile, keyFile } = await authority.issue('node', place.address);
  const keystore = join(directory, 'node.p12');
  const password = 'keystore-password';
  const from = ['-inkey', keyFile, '-in', certificateFile, '-out', keystore, '-passout', `pass:${password}`];
  await promisify(execFile)('openssl', ['pkcs12', '-export', ...from]);
  const template = await readFile(join(tool, 'cassandra.yaml.in'), 'utf8');
  const plain = template
    .replaceAll('@DATA@', join(directory, `data-${VERSION}`))
    .replaceAll('@CQL_PORT@', String(place.port))
    .replaceAll('@STORAGE_PORT@', String(place.storagePort))
    .replace(/^(initial_token): .*$/m, `$1: ${place.token}`)
    .replace(/^((?:listen|rpc|broadcast_rpc)_address): .*$/gm, `$1: ${place.address}`)
    .replace(/^commitlog_sync: periodic\ncommitlog_sync_period: .*$/m, 'commitlog_sync: batch');
  const tls = [
    'enabled: true',
    'optional: true',
    `keystore: ${keystore}`,
    `keystore_password: ${password}`,
    'store_type: PKCS12',
  ];
  const file = join(directory, 'cassandra.yaml');
  // Of two nodes one is no quorum: accounts would be nobody's as soon as the other is gone.
  const more = ['auth_read_consistency_level: LOCAL_ONE', `client_encryption_options: { ${tls.join(', ')} }`];
  await writeFile(file, [plain, ...more, ''].join('\n'));
  return file;
}
