import { inContainer } from './container.js';
import { findProgram } from './find-program.js';
import { startRedisProcess } from './redis-processes.js';
import type { RealPart, RealPartWay } from './start-real-part.js';

const localRedis: RealPartWay = {
  name: 'redis-server on PATH',
  async start(env) {
    const program = await findProgram('redis-server', env);
    if (program === undefined) return undefined;
    const redis = await startRedisProcess(program);
    return { address: `redis://127.0.0.1:${redis.port}`, stop: () => redis.stop() };
  },
};

/** A real Redis without persistence; the address is a `redis://` URL. */
export const redisServer: RealPart = {
  name: 'Redis',
  addressVariable: 'TEST_REDIS_URL',
  ways: [
    inContainer({
      image: 'redis:7-alpine',
      imageVariable: 'TEST_REDIS_IMAGE',
      port: 6379,
      ready: { line: /Ready to accept connections/ },
      address: (host, port) => `redis://${host}:${port}`,
    }),
    localRedis,
  ],
  advice: 'Set TEST_REDIS_URL, start a Docker engine, or install redis-server.',
};
