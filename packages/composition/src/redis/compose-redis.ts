import { ConfigError, type RedisClient, UpstreamError } from '@mandate/ports';
import {
  type HealthPart,
  type Runtime,
  type Settings,
  flag,
  integer,
  parseCertificates,
  path,
  secret,
  text,
  usedWith,
  watchFile,
} from '@mandate/service-kit';
import type { ComposedPart } from '../part.js';
import { type RedisTarget, parseRedisUrl } from './redis-url.js';
import { createRedisClient } from './redis-client.js';

/** The variables of Redis (docs/security.md S1 to S4). */
export const redisConfig = {
  REDIS_URL: secret()
    .optional()
    .describe(
      'Redis: `redis://host:port`, `redis+sentinel://host:port,host:port/master` or `redis+cluster://host:port,host:port`, ' +
        'with TLS `rediss`; unset: state in memory, for one process',
    ),
  ...usedWith(
    { REDIS_URL: true, CLIENT_CREDENTIALS_REDIS_URL: true },
    {
      REDIS_CA_FILE: path()
        .optional()
        .describe('Certificates (PEM) that sign the one of Redis, instead of those of the system; reloaded'),
      REDIS_SENTINEL_USERNAME: text().optional().describe('User at the Sentinels, which is not the one in REDIS_URL'),
      REDIS_SENTINEL_PASSWORD: secret().optional().describe('Password at the Sentinels'),
      REDIS_SENTINEL_TLS: flag()
        .optional()
        .describe('Whether Sentinels are asked over TLS; unset: as REDIS_URL says of Redis'),
    },
  ),
  ...usedWith(
    { REDIS_URL: true },
    {
      REDIS_TIMEOUT_MS: integer(10, 10_000).default(250).describe('Deadline of one command to Redis; then 503'),
      REDIS_WAIT_REPLICAS: integer(0, 10)
        .default(0)
        .describe('Replicas of Redis that must have a revocation before it is confirmed; not with a Cluster'),
    },
  ),
  REQUIRE_SHARED_STATE: flag().default(false).describe('Refuse to start without REDIS_URL: for several replicas'),
};

export type RedisSettings = Settings<typeof redisConfig, 'RELOAD_INTERVAL_SECONDS'>;

export interface ComposedRedis extends Required<ComposedPart> {
  redis: RedisClient;
}

/** The connection to Redis, where one is configured. @throws ConfigError naming what is missing or wrong. */
export async function composeRedis(config: RedisSettings, runtime: Runtime): Promise<ComposedRedis | undefined> {
  const { REDIS_URL: url, REQUIRE_SHARED_STATE: required, REDIS_WAIT_REPLICAS: waitReplicas } = config;
  if (url === undefined) {
    if (required) throw new ConfigError([{ variable: 'REDIS_URL', message: 'is needed for REQUIRE_SHARED_STATE' }]);
    return undefined;
  }
  if (parseRedisUrl(url).mode === 'cluster' && waitReplicas > 0) {
    const message = 'is not possible with a Cluster; set min-replicas-to-write at its nodes';
    throw new ConfigError([{ variable: 'REDIS_WAIT_REPLICAS', message }]);
  }
  const { REDIS_TIMEOUT_MS: timeoutMs } = config;
  const connection = await connectRedis(config, runtime, { url, timeoutMs, waitReplicas, name: 'redis' });
  return { ...connection, parts: [redisHealth(connection.redis), ...connection.parts] };
}

export interface RedisConnectionSettings {
  url: string;
  timeoutMs: number;
  waitReplicas: number;
  /** What depends on it, for the log. */
  name: string;
}

/** A connection with the certificates and the Sentinel account of the configuration; `parts`: the file of the former. */
export async function connectRedis(
  config: RedisSettings,
  runtime: Runtime,
  { url, timeoutMs, waitReplicas, name }: RedisConnectionSettings,
): Promise<ComposedRedis> {
  const target = withSentinelAccess(parseRedisUrl(url), config);
  const { logger, clock } = runtime;
  const authorities = trustedAuthorities(config, runtime, target);
  const redis = await createRedisClient({
    target,
    clock,
    waitReplicas,
    timeoutMs,
    authorities: authorities && (() => authorities.current()),
    onState: (state) =>
      state === 'lost'
        ? logger.warn('redis connection lost', { dependency: name })
        : logger.info('redis connected', { dependency: name }),
  });
  return {
    redis,
    parts: authorities ? [authorities.part] : [],
    close() {
      authorities?.close();
      redis.close();
    },
  };
}

/** The target, with what is said of its Sentinels. @throws ConfigError where there are none. */
function withSentinelAccess(target: RedisTarget, config: RedisSettings): RedisTarget {
  const { REDIS_SENTINEL_USERNAME: username, REDIS_SENTINEL_PASSWORD: password, REDIS_SENTINEL_TLS: tls } = config;
  if (target.mode === 'sentinel') {
    const account = { ...(username !== undefined && { username }), ...(password !== undefined && { password }) };
    return { ...target, sentinelAccess: { tls: tls ?? target.tls, ...account } };
  }
  const values = { REDIS_SENTINEL_USERNAME: username, REDIS_SENTINEL_PASSWORD: password, REDIS_SENTINEL_TLS: tls };
  const present = Object.entries(values).filter(([, value]) => value !== undefined);
  const message = 'needs redis+sentinel:// in REDIS_URL';
  if (present.length > 0) throw new ConfigError(present.map(([variable]) => ({ variable, message })));
  return target;
}

/** The file of `REDIS_CA_FILE`. It is for TLS alone: whoever names it must not get a connection without. */
function trustedAuthorities(config: RedisSettings, runtime: Runtime, target: RedisTarget) {
  const { REDIS_CA_FILE: file, RELOAD_INTERVAL_SECONDS: intervalSeconds } = config;
  if (file === undefined) return undefined;
  const tls = target.tls || (target.mode === 'sentinel' && target.sentinelAccess.tls);
  if (!tls) throw new ConfigError([{ variable: 'REDIS_CA_FILE', message: 'needs rediss:// in REDIS_URL' }]);
  return watchFile(runtime, { path: file, variable: 'REDIS_CA_FILE', parse: parseCertificates, intervalSeconds });
}

function redisHealth(redis: RedisClient): HealthPart {
  return {
    name: 'redis',
    async status() {
      try {
        await redis.check();
        return { ready: true };
      } catch (error) {
        if (!(error instanceof UpstreamError)) throw error;
        return { ready: false, detail: error.detail ?? error.failure };
      }
    },
  };
}
