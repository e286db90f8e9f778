import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../until.js';
import { freePort } from '../free-ports.js';
import { type LocalServer, startLocalServer } from './local-server.js';
import { programPart } from './programs.js';
import { askRedis } from './redis-protocol.js';
import { type Environment, startRealPart } from './start-real-part.js';

/** A Redis process of this test: it can be hung and killed. */
export interface RedisProcess extends LocalServer {
  port: number;
}

/** Several that work together. `url` is what `REDIS_URL` takes. */
export interface RedisGroup {
  url: string;
  nodes: readonly RedisProcess[];
  stop(): Promise<void>;
}

export interface RedisSentinelGroup extends RedisGroup {
  sentinels: readonly RedisProcess[];
}

const serverProgram = programPart('redis-server', {
  addressVariable: 'TEST_REDIS_PROGRAM',
  advice: 'Install it: apt-get install redis-server.',
});

/** The path of `redis-server`, for tests that hang and kill it; else as {@link startRealPart} without one. */
export async function redisProgram(env: Environment): Promise<string | undefined> {
  return (await startRealPart(serverProgram, env))?.address;
}

/** Starts one without persistence on a free port of loopback, or on `port` again. */
export async function startRedisProcess(
  program: string,
  { port: fixedPort, args = [] }: { port?: number; args?: readonly string[] } = {},
): Promise<RedisProcess> {
  const port = fixedPort ?? (await freePort());
  const directory = await mkdtemp(join(tmpdir(), 'mandate-redis-'));
  const own = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', directory];
  return startIn(directory, { program, port, args: [...own, ...args] });
}

/** Where certificates are, all of one authority. */
export interface RedisCertificates {
  caFile: string;
  certificateFile: string;
  keyFile: string;
}

/** How Sentinels are set up beyond what they need. */
export interface RedisSentinelOptions {
  /** Further lines of their configuration. */
  settings?: readonly string[];
  /** They listen with TLS too, at the ports that the URL names then. */
  tls?: RedisCertificates;
}

/**
 * A master, its replica, and three Sentinels that call a master down after two seconds. The nodes: master, replica; then the
 * Sentinels.
 */
export async function startRedisSentinels(
  program: string,
  options: RedisSentinelOptions = {},
): Promise<RedisSentinelGroup> {
  const master = await startRedisProcess(program, { args: ['--repl-diskless-sync-delay', '0'] });
  const replica = await startRedisProcess(program, { args: ['--replicaof', `127.0.0.1 ${master.port}`] });
  await until(async () => (await askRedis(replica.port, 'INFO replication')).includes('master_link_status:up'));
  const sentinels = await Promise.all([0, 1, 2].map(() => startSentinel(program, master.port, options)));
  await Promise.all(
    sentinels.map(({ port }) =>
      until(async () => {
        const state = await askRedis(port, 'INFO sentinel');
        return state.includes('slaves=1,sentinels=3') && state.includes('status=ok');
      }),
    ),
  );
  const addresses = sentinels.map(({ port, tlsPort }) => `127.0.0.1:${tlsPort ?? port}`).join(',');
  const nodes = [master, replica];
  const stop = (): Promise<void> => stopAll([...sentinels, ...nodes]);
  return { url: `redis+sentinel://${addresses}/mandate`, nodes, sentinels, stop };
}

/** A Cluster with TLS whose nodes are announced under a host name. */
export interface RedisClusterTls extends RedisCertificates {
  host: string;
}

/** Three masters that share the hash slots. */
export async function startRedisCluster(program: string, tls?: RedisClusterTls): Promise<RedisGroup> {
  const nodes = await Promise.all([0, 1, 2].map(() => startClusterNode(program, tls)));
  const [first, ...others] = nodes;
  if (first === undefined) throw new Error('no node was started');
  for (const [index, { port }] of nodes.entries()) {
    await askRedis(port, `CLUSTER ADDSLOTSRANGE ${index * 5462} ${Math.min((index + 1) * 5462, 16_384) - 1}`);
  }
  for (const { port, tlsPort, busPort } of others) {
    await askRedis(first.port, `CLUSTER MEET 127.0.0.1 ${tlsPort ?? port} ${busPort}`);
  }
  await Promise.all(
    nodes.map(({ port }) =>
      until(async () => {
        const state = await askRedis(port, 'CLUSTER INFO');
        return state.includes('cluster_state:ok') && state.includes('cluster_known_nodes:3');
      }),
    ),
  );
  const url =
    tls === undefined
      ? nodes.map(({ port }) => `redis://127.0.0.1:${port}`).join(',')
      : `rediss+cluster://${nodes.map(({ tlsPort }) => `${tls.host}:${tlsPort}`).join(',')}`;
  return { url, nodes, stop: () => stopAll(nodes) };
}

async function startSentinel(
  program: string,
  masterPort: number,
  { settings = [], tls }: RedisSentinelOptions,
): Promise<RedisProcess & { tlsPort: number | undefined }> {
  const port = await freePort();
  const tlsPort = tls && (await freePort());
  const directory = await mkdtemp(join(tmpdir(), 'mandate-sentinel-'));
  const file = join(directory, 'sentinel.conf');
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir ${directory}`,
    `sentinel monitor mandate 127.0.0.1 ${masterPort} 2`,
    'sentinel down-after-milliseconds mandate 2000',
    'sentinel failover-timeout mandate 1000',
    ...settings,
    ...(tls === undefined ? [] : [`tls-port ${tlsPort}`, ...tlsSettings(tls)]),
  ];
  await writeFile(file, `${lines.join('\n')}\n`);
  return { ...(await startIn(directory, { program, port, args: [file, '--sentinel'] })), tlsPort };
}

function tlsSettings({ caFile, certificateFile, keyFile }: RedisCertificates): string[] {
  return [
    `tls-ca-cert-file ${caFile}`,
    `tls-cert-file ${certificateFile}`,
    `tls-key-file ${keyFile}`,
    'tls-auth-clients no',
  ];
}

interface ClusterNode extends RedisProcess {
  busPort: number;
  tlsPort: number | undefined;
}

async function startClusterNode(program: string, tls: RedisClusterTls | undefined): Promise<ClusterNode> {
  const busPort = await freePort();
  const tlsPort = tls && (await freePort());
  const settings = ['cluster-enabled yes', 'cluster-node-timeout 5000', `cluster-port ${busPort}`];
  if (tls !== undefined) {
    const hostname = [`cluster-announce-hostname ${tls.host}`, 'cluster-preferred-endpoint-type hostname'];
    settings.push(`tls-port ${tlsPort}`, 'tls-cluster yes', ...tlsSettings(tls), ...hostname);
  }
  const args = settings.flatMap((setting) => `--${setting}`.split(' '));
  return { ...(await startRedisProcess(program, { args })), busPort, tlsPort };
}

async function startIn(
  directory: string,
  { program, port, args }: { program: string; port: number; args: readonly string[] },
): Promise<RedisProcess> {
  const isReady = async (): Promise<boolean> => (await askRedis(port, 'PING')).startsWith('+PONG');
  const server = await startLocalServer({ program, args, isReady });
  const stop = async (): Promise<void> => {
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  };
  return { ...server, port, stop };
}

async function stopAll(processes: readonly RedisProcess[]): Promise<void> {
  await Promise.all(processes.map((process) => process.stop()));
}
