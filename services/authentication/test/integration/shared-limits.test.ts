import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type RedisProcess, askRedis, monitorRedis, redisProgram, startRedisProcess, until } from '@mandate/testing';
import { type Authentication, GRANT, startAuthentication } from '../http/start-authentication.js';

const program = await redisProgram(process.env);
const systemClock = (): number => Math.floor(Date.now() / 1000);
/** Buckets that no test waits for: what one test took, it took for good. */
const SLOW = { RATE_LIMIT_CLIENT: '6/60000', RATE_LIMIT_FAILURES: '5/60000' };

/** Two replicas of the service over one real Redis, by the time of day. */
(program === undefined ? describe.skip : describe)('rate limits in a real Redis', () => {
  let redis: RedisProcess;
  let here: Authentication;
  let there: Authentication;

  beforeAll(async () => {
    redis = await startRedisProcess(program ?? '');
    const env = { ...SLOW, REDIS_URL: `redis://127.0.0.1:${redis.port}`, REDIS_TIMEOUT_MS: '5000' };
    here = await startAuthentication(env, { clock: systemClock });
    there = await startAuthentication(env, { clock: systemClock });
  });
  afterAll(async () => {
    await here.stop();
    await there.stop();
    await redis.stop();
  });

  const ask = async (replica: Authentication, basic: string): Promise<number> =>
    (await replica.post(GRANT, { basic })).status;
  const askTimes = async (times: number, replica: Authentication, basic: string): Promise<number[]> => {
    const statuses: number[] = [];
    for (let turn = 0; turn < times; turn += 1) statuses.push(await ask(replica, basic));
    return statuses;
  };
  const fallbacks = async (replica: Authentication): Promise<string[]> =>
    (await replica.metricsText()).split('\n').filter((line) => line.startsWith('rate_limit_fallbacks'));
  const asksRedis = async (replica: Authentication): Promise<boolean> => {
    const before = await fallbacks(replica);
    await ask(replica, 'c-audience:wrong');
    return (await fallbacks(replica)).join() === before.join();
  };

  it('C9 two replicas share the requests of a client', async () => {
    const statuses = Array.from({ length: 10 }, (_, turn) => ask(turn % 2 === 0 ? here : there, 'c-basic:secret'));
    expect((await Promise.all(statuses)).filter((status) => status === 200)).toHaveLength(6);
    expect([await ask(here, 'c-basic:secret'), await ask(there, 'c-basic:secret')]).toEqual([429, 429]);
  });

  it('asks Redis three commands for a token request, and a fourth where a secret is seen for the first time', async () => {
    const monitor = await monitorRedis(redis.port);
    expect(await ask(here, 'c-audience:secret')).toBe(200);
    expect(await monitor.commands()).toEqual(['EVAL', 'EVAL', 'EVAL', 'EVAL']);
    monitor.close();
    const again = await monitorRedis(redis.port);
    expect(await ask(here, 'c-audience:secret')).toBe(200);
    expect(await again.commands()).toEqual(['EVAL', 'EVAL', 'EVAL']);
    again.close();
  });

  it('C9 wrong secrets at one replica count at the other', async () => {
    expect(await askTimes(5, here, 'c-any:wrong')).toEqual([401, 401, 401, 401, 401]);
    expect(await ask(there, 'c-any:secret')).toBe(429);
  });

  it('S4 a bucket that holds something else is no bucket: the local one decides, and the answer is not 503', async () => {
    const keys = (await askRedis(redis.port, 'KEYS mandate:rate:*')).match(/mandate:rate:[\w-]+/g) ?? [];
    expect(keys.length).toBeGreaterThan(1);
    for (const key of keys) await askRedis(redis.port, `DEL ${key}`);
    for (const key of keys) await askRedis(redis.port, `RPUSH ${key} x`);
    expect(await ask(here, 'c-any:secret')).toBe(200);
    expect((await fallbacks(here)).join()).toContain('failure="refused"');
    await askRedis(redis.port, 'FLUSHALL');
  });

  it('S1 without Redis tokens are issued and each replica limits for itself; with it the limits are shared again', async () => {
    await redis.stop();
    expect(await ask(there, 'c-audience:secret')).toBe(200);
    expect(await askTimes(6, there, 'c-audience:wrong')).toEqual([401, 401, 401, 401, 401, 429]);
    expect(await ask(there, 'c-audience:secret')).toBe(429);
    expect(await ask(here, 'c-audience:secret')).toBe(200);
    expect((await fallbacks(there)).join()).toContain('failure="unreachable"');
    expect(there.logLines.filter((line) => line.includes('rate limits hold for this process alone'))).toHaveLength(1);
    expect((await fetch(`${there.managementUrl}/readyz`)).status).toBe(200);

    redis = await startRedisProcess(program ?? '', { port: redis.port });
    for (const replica of [there, here]) await until(() => asksRedis(replica));
    expect(await askTimes(6, there, 'two-secrets:wrong')).toEqual([401, 401, 401, 401, 401, 429]);
    expect(await ask(here, 'two-secrets:new')).toBe(429);
  });
});
