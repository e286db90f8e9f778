import { withDeadline } from '@mandate/ports';
import type { Cluster, ClusterOptions, Redis, RedisOptions } from 'ioredis';
import { watchFailovers } from './watch-failovers.js';
import type { RedisTarget, SentinelAccess } from './redis-url.js';

export interface RedisConnectionOptions {
  timeoutMs: number;
  /** Certificates (PEM) that sign the server's, instead of those of the system; asked with every connection. */
  authorities?: (() => string) | undefined;
  onState: (state: 'connected' | 'lost') => void;
}

const CONNECT_MS = 1000;

/** How long a start waits for Redis. With all Sentinels away the driver tries for ever, and says nothing meanwhile. */
const START_MS = 3000;

/** How long a command that was sent may stay unanswered before the connection is given up as dead. */
const DEAD_AFTER_MS = 1000;

const REOPEN_MS = 100;

/** Until a lost Sentinel is connected to again, in milliseconds. */
const LISTEN_AGAIN_MS = 1000;

export interface RedisConnection {
  driver: Redis | Cluster;
  close: () => void;
}

/** Opens the connection, and keeps reopening it until it is closed. Resolves within three seconds, server or not. */
export async function openRedisConnection(
  target: RedisTarget,
  options: RedisConnectionOptions,
): Promise<RedisConnection> {
  const { driver, stopWatching } = await createDriver(target, options);
  const report = reportState(driver, options.onState);
  const closeDriver = reopenWhenEnded(driver);
  const connection = driver.connect().catch(() => undefined);
  await withDeadline(connection, START_MS, () => undefined);
  if (driver.status !== 'ready') report('lost');
  const close = (): void => {
    stopWatching?.();
    closeDriver();
  };
  return { driver, close };
}

interface OpenedDriver {
  driver: Redis | Cluster;
  /** Stops listening to the Sentinels. */
  stopWatching?: () => void;
}

async function createDriver(
  target: RedisTarget,
  { timeoutMs, authorities }: RedisConnectionOptions,
): Promise<OpenedDriver> {
  const ioredis = await import('ioredis');
  const { username, password } = target;
  const tls = tlsOptions(authorities);
  const common = {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(target.tls && { tls }),
    lazyConnect: true,
    connectTimeout: CONNECT_MS,
    commandTimeout: timeoutMs,
    socketTimeout: DEAD_AFTER_MS,
    maxRetriesPerRequest: 1,
    autoResendUnfulfilledCommands: false,
    disableClientInfo: true,
    // A master that became a replica: find the new one.
    reconnectOnError: (error: Error) => error.message.includes('READONLY'),
  } satisfies RedisOptions;
  if (target.mode === 'cluster') return { driver: new ioredis.Cluster(target.nodes, clusterOptions(common)) };
  const one = { ...common, db: target.database, enableOfflineQueue: false, retryStrategy: retryDelay };
  // Without `INFO`, which an ACL may not allow: what a server cannot do while it loads is told by the command.
  if (target.mode === 'single') {
    return { driver: new ioredis.Redis({ ...one, ...target.node, enableReadyCheck: false }) };
  }
  const { sentinelAccess } = target;
  const driver = new ioredis.Redis({
    ...one,
    name: target.master,
    sentinels: target.sentinels,
    enableTLSForSentinelMode: target.tls,
    ...(sentinelAccess.tls && { sentinelTLS: tls }),
    ...(sentinelAccess.username !== undefined && { sentinelUsername: sentinelAccess.username }),
    ...(sentinelAccess.password !== undefined && { sentinelPassword: sentinelAccess.password }),
    sentinelCommandTimeout: timeoutMs,
    sentinelRetryStrategy: retryDelay,
  });
  const listeners = target.sentinels.map(
    (sentinel) => new ioredis.Redis({ ...sentinel, ...listenerOptions(sentinelAccess, tls) }),
  );
  return { driver, stopWatching: watchFailovers(listeners, target.master, () => driver.disconnect(true)) };
}

function listenerOptions({ tls: overTls, ...account }: SentinelAccess, tls: { ca?: string }) {
  return {
    ...account,
    ...(overTls && { tls }),
    lazyConnect: true,
    connectTimeout: CONNECT_MS,
    socketTimeout: DEAD_AFTER_MS,
    retryStrategy: () => LISTEN_AGAIN_MS,
    enableOfflineQueue: false,
    enableReadyCheck: false,
    autoResubscribe: false,
    disableClientInfo: true,
  } satisfies RedisOptions;
}

/** The driver reads them anew with every connection. */
function tlsOptions(authorities: RedisConnectionOptions['authorities']): { ca?: string } {
  if (authorities === undefined) return {};
  return {
    get ca() {
      return authorities();
    },
  };
}

function clusterOptions<Options extends RedisOptions>(redisOptions: Options) {
  return {
    redisOptions,
    lazyConnect: true,
    enableOfflineQueue: false,
    // Names stay names: a certificate names the host and not its address.
    dnsLookup: (name, callback) => callback(null, name),
    clusterRetryStrategy: retryDelay,
    clusterNodeRetryStrategy: retryDelay,
    slotsRefreshInterval: 1000,
    slotsRefreshTimeout: CONNECT_MS,
    retryDelayOnFailover: 50,
    maxRedirections: 4,
  } satisfies ClusterOptions;
}

/** Milliseconds until the next attempt: half a second at most, so that a Redis that is back is used at once. */
function retryDelay(attempt: number): number {
  return Math.min(attempt * 50, 500);
}

/**
 * The driver gives up for good when Sentinel announces the new master while the driver is asking for it
 * (redis/ioredis#1683): it is told to connect again. Returns what closes the connection.
 */
function reopenWhenEnded(driver: Redis | Cluster): () => void {
  let timer: NodeJS.Timeout | undefined;
  const reopen = (): void => void driver.connect().catch(() => undefined);
  const onEnd = (): void => {
    timer = setTimeout(reopen, REOPEN_MS);
  };
  driver.on('end', onEnd);
  return () => {
    driver.off('end', onEnd);
    clearTimeout(timer);
    driver.disconnect();
  };
}

/**
 * Also takes the driver's error events, which would end the process: what they mean is told by failing commands.
 * Returns what tells of a state that no event tells of.
 */
function reportState(
  driver: Redis | Cluster,
  onState: RedisConnectionOptions['onState'],
): (state: 'connected' | 'lost') => void {
  let state: 'connected' | 'lost' = 'connected';
  const report = (next: typeof state): void => {
    if (next !== state) onState((state = next));
  };
  driver.on('error', () => undefined);
  driver.on('ready', () => report('connected'));
  driver.on('close', () => report('lost'));
  return report;
}
