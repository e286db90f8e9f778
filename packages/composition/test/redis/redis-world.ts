import { describe } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ReplayStore, createRedisReplayStore } from '@mandate/clients';
import { type Clock, type RedisClient, UpstreamError } from '@mandate/ports';
import { type OpenedStore, askRedis, redisProgram, until } from '@mandate/testing';
import type { RevocationQuestion } from '@mandate/token';
import { createHttpClient, createLogger, createMetrics } from '@mandate/service-kit';
import { composeSharedState, createRedisClient, parseRedisUrl } from '../../src/index.js';
import type { StateSettings } from '../../src/shared-state.js';

/** `redis-server` of this machine; `undefined`: tests that hang and kill it are skipped. */
export const program = await redisProgram(process.env);

/** For suites that need it. */
export const withRedis = program === undefined ? describe.skip : describe;

export const systemClock: Clock = () => Math.floor(Date.now() / 1000);

/** A question that some token of no lineage asks. */
export const question: RevocationQuestion = { ids: ['["token","a"]'], cutOffs: ['["client","b"]'], issuedAt: 1 };

/** A busy machine is no failure: long where the deadline is not what is tested. */
const PATIENT_MS = 5000;

/** A connection that waits for its answers, unless told otherwise. */
export function connectTo(url: string, waitReplicas = 0, timeoutMs = PATIENT_MS): Promise<RedisClient> {
  return createRedisClient({ target: parseRedisUrl(url), clock: systemClock, waitReplicas, timeoutMs });
}

/** The stores of two replicas of ours, each with its connection, over a Redis that is emptied first. */
export async function openStore<Store>(
  url: string,
  ports: readonly number[],
  create: (options: { redis: RedisClient; clock: Clock }) => Store,
): Promise<OpenedStore<Store>> {
  for (const port of ports) await askRedis(port, 'FLUSHALL');
  const [redis, twin] = [await connectTo(url), await connectTo(url)];
  return {
    store: create({ redis, clock: systemClock }),
    replica: create({ redis: twin, clock: systemClock }),
    now: systemClock,
    // a timer may be a millisecond early
    elapse: (seconds) => sleep(seconds * 1000 + 5),
    close: () => {
      redis.close();
      twin.close();
      return Promise.resolve();
    },
  };
}

/** A replay store without the margin for clocks that differ, so that a test need not wait for it. */
export function createExactReplayStore(options: { redis: RedisClient; clock: Clock }): ReplayStore {
  return createRedisReplayStore({ ...options, marginSeconds: 0 });
}

/** What a question to Redis comes to: its answer, or how it failed. */
export async function outcomeOf(answer: Promise<unknown>): Promise<unknown> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof UpstreamError)) throw error;
    return `${error.dependency}: ${error.failure}`;
  }
}

/** Waits until a question is answered again. */
export function untilAnswered(ask: () => Promise<unknown>): Promise<void> {
  return until(async () => typeof (await outcomeOf(ask())) !== 'string');
}

/** Shared state as a service composes it, what its part says of Redis, and the lines it has logged. */
export async function openState(variables: Partial<StateSettings>) {
  const lines: string[] = [];
  const logger = createLogger({
    level: 'info',
    service: 'test',
    destination: { write: (line) => void lines.push(line) },
  });
  const state = await composeSharedState(
    {
      RELOAD_INTERVAL_SECONDS: 1,
      REDIS_TIMEOUT_MS: PATIENT_MS,
      REDIS_WAIT_REPLICAS: 0,
      REQUIRE_SHARED_STATE: true,
      RATE_LIMIT: 'on',
      RATE_LIMIT_CLIENT: '1000/1',
      RATE_LIMIT_ADDRESS: '1000/1',
      RATE_LIMIT_FAILURES: '1000/1',
      ...variables,
    },
    {
      logger,
      output: { write: () => undefined },
      metrics: createMetrics({ defaults: false }),
      clock: systemClock,
      http: createHttpClient(),
    },
  );
  const messages = () => lines.map((line) => (JSON.parse(line) as { msg: string }).msg);
  return { ...state, messages, health: async () => state.parts.find(({ name }) => name === 'redis')?.status() };
}
