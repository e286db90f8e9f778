import {
  type Clock,
  ConfigError,
  type RedisClient,
  type RedisScript,
  UpstreamError,
  withDeadline,
} from '@mandate/ports';
import type { Cluster, Redis } from 'ioredis';
import { openRedisConnection } from './redis-connection.js';
import { redisFailure } from './redis-failure.js';
import { checkMode } from './check-mode.js';
import type { RedisTarget } from './redis-url.js';

export interface RedisClientOptions {
  target: RedisTarget;
  clock: Clock;
  /** Deadline of one command. Default 250. */
  timeoutMs?: number;
  /** Replicas that must have a durable write before it counts; 0: it counts when the master has it. */
  waitReplicas?: number;
  /** Certificates (PEM) that sign the server's, instead of those of the system; asked with every connection. */
  authorities?: (() => string) | undefined;
  /** Told when the connection is made and when it is lost. */
  onState?: (state: 'connected' | 'lost') => void;
}

/** A replica of ours whose clock is further off would keep entries too short (docs/security.md S7). */
const MAX_CLOCK_DIFFERENCE_SECONDS = 5;
const WAIT_MS = 100;

/** A script, so that a Redis that runs none for us, while it loads or by its ACL, is not taken for ready. */
const CLOCK: RedisScript = { source: "return redis.call('TIME')", keys: [] };

/**
 * A client of Redis that fails fast: no offline queue, one deadline per command, reconnecting within a second. Comes
 * up without Redis as well. Every failure is an `UpstreamError`: the driver's errors carry command arguments (TX-71).
 * @throws ConfigError when the server that answers needs another form of `REDIS_URL`.
 */
export async function createRedisClient(options: RedisClientOptions): Promise<RedisClient> {
  const { target, clock, timeoutMs = 250, waitReplicas = 0, authorities, onState = () => undefined } = options;
  const { driver, close } = await openRedisConnection(target, { timeoutMs, authorities, onState });
  // A server that goes away before it answers is away, not of the wrong kind.
  const misfit = driver.status === 'ready' ? await checkMode(driver, target).catch(() => undefined) : undefined;
  if (misfit !== undefined) {
    close();
    throw new ConfigError([{ variable: 'REDIS_URL', message: misfit }]);
  }
  const ask = <T>(command: Promise<T>): Promise<T> =>
    withDeadline(command, timeoutMs, failLate).catch((error: unknown) => {
      throw redisFailure(error);
    });

  return {
    async run(script) {
      const answer = evaluate(driver, script);
      if (script.durable !== true || waitReplicas === 0) return ask(answer);
      // Sent at once, on one connection: WAIT counts the replicas that have what was written before it.
      const outcome = Promise.all([answer, driver.call('WAIT', waitReplicas, WAIT_MS)]);
      const [result, replicas] = await ask(outcome);
      if (typeof replicas === 'number' && replicas >= waitReplicas) return result;
      throw new UpstreamError('redis', 'refused', 'too few replicas have the write');
    },
    async check() {
      const misfit = await ask(checkMode(driver, target));
      if (misfit !== undefined) throw new UpstreamError('redis', 'refused', misfit);
      const time: unknown = await ask(evaluate(driver, CLOCK));
      const seconds = Array.isArray(time) ? Number(time[0]) : Number.NaN;
      if (Math.abs(seconds - clock()) <= MAX_CLOCK_DIFFERENCE_SECONDS) return;
      throw new UpstreamError('redis', 'refused', 'its clock differs from ours by more than five seconds');
    },
    close,
  };
}

function evaluate(driver: Redis | Cluster, { source, keys, args = [] }: RedisScript): Promise<unknown> {
  return driver.eval(source, keys.length, ...keys, ...args);
}

/** The driver retries within a Cluster beyond the deadline of its single commands. */
function failLate(): never {
  throw new UpstreamError('redis', 'timeout');
}
