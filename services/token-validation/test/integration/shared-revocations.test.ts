import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import {
  type RedisMonitor,
  type RedisProcess,
  askRedis,
  monitorRedis,
  redisProgram,
  startRedisProcess,
  until,
} from '@mandate/testing';
import {
  type Answer,
  type Claims,
  type ValidationWorld,
  createKeys,
  identifierOf,
  startValidationWorld,
} from '../http/validation-world.js';

/** Redis has a clock of its own, which ours must agree with. */
const systemClock = Object.assign(() => Math.floor(Date.now() / 1000), { advance: () => undefined });

const program = await redisProgram(process.env);

/** Two replicas of the service over one real Redis, by the time of day. */
(program === undefined ? describe.skip : describe)('revocations in a real Redis', () => {
  let redis: RedisProcess;
  let here: ValidationWorld;
  let there: ValidationWorld;
  let monitor: RedisMonitor;

  beforeAll(async () => {
    redis = await startRedisProcess(program ?? '');
    const env = {
      REDIS_URL: `redis://127.0.0.1:${redis.port}`,
      REQUIRE_SHARED_STATE: 'true',
      RATE_LIMIT: 'off',
      // Long for a busy machine, and short of what a test may take.
      REDIS_TIMEOUT_MS: '5000',
    };
    const options = { keys: createKeys(), clock: systemClock };
    here = await startValidationWorld(env, options);
    there = await startValidationWorld(env, options);
    monitor = await monitorRedis(redis.port);
  });
  afterAll(async () => {
    monitor.close();
    await here.stop();
    await there.stop();
    await redis.stop();
  });

  const token = (claims: Claims = {}): string => here.token({ iat: here.clock(), ...claims });
  const failsWith503 = (answer: Answer): void => {
    expect(answer).toMatchObject({ status: 503, body: { error: 'temporarily_unavailable' } });
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
  };
  const isReady = async (): Promise<boolean> => (await fetch(`${here.managementUrl}/readyz?verbose`)).ok;
  /** Readiness is asked for at most once a second. */
  const becomes = (ready: boolean): Promise<void> => until(async () => (await isReady()) === ready);
  const untilAnswered = (text: string): Promise<void> =>
    until(async () => (await here.introspect({ token: text })).status !== 503);

  it('T23 a revocation on one replica is seen by the other from its answer on, in 50 rounds', async () => {
    for (let round = 0; round < 50; round += 1) {
      const root = randomUUID();
      const derivedToken = token({ anc: [identifierOf(root)], act: { sub: 'bob' } });
      expect(await there.isActive(derivedToken)).toBe(true);
      expect((await here.revoke({ token: token({ jti: root }) })).status).toBe(200);
      expect(await there.isActive(derivedToken)).toBe(false);
    }
  });

  it.each([1, 4, 8])('an introspection asks Redis one command, with a chain of %i', async (length) => {
    const anc = Array.from({ length }, () => randomUUID());
    const act = anc.reduce<Claims>((inner, id) => ({ sub: id, act: inner }), { sub: 'first' });
    const chainedToken = token({ anc, act, authGrantId: randomUUID() });
    await monitor.lines();
    expect(await there.isActive(chainedToken)).toBe(true);
    expect(await monitor.commands()).toEqual(['EVAL']);
  });

  it('S4 a key of another type is 503, and the log has no identifier or argument (TX-71)', async () => {
    const jti = randomUUID();
    const revokedToken = token({ jti });
    await monitor.lines();
    await here.revoke({ token: revokedToken });
    const key = /\{mandate:revocation\}:[\w-]+/.exec((await monitor.lines()).join())?.[0] ?? '';
    await askRedis(redis.port, `DEL ${key}`);
    await askRedis(redis.port, `RPUSH ${key} x`);
    failsWith503(await there.introspect({ token: revokedToken }));
    failsWith503(await there.revoke({ token: revokedToken }));
    const failures = there.logLines.filter((line) => line.includes('dependency failed'));
    expect(failures.join('\n')).toContain('WRONGTYPE');
    expect(failures.join('\n')).not.toContain(jti);
    expect(failures.join('\n')).not.toContain('mandate:revocation');
  });

  it('S3 a hung Redis is 503 within its deadline, readiness says so, and service is back', async () => {
    const mine = token();
    expect(await isReady()).toBe(true);
    await redis.pause();
    failsWith503(await here.introspect({ token: mine }));
    failsWith503(await here.revoke({ token: mine }));
    await becomes(false);
    redis.signal('SIGCONT');
    await untilAnswered(mine);
    await becomes(true);
  });

  it('S1 while Redis restarts under load every answer is the right one or 503, and service is back', async () => {
    const mine = token();
    const answers = new Set<string>();
    let running = true;
    const load = Array.from({ length: 4 }, async () => {
      while (running) {
        const { status, body } = await here.introspect({ token: mine });
        answers.add(`${status} ${String(body['active'] ?? body['error'])}`);
      }
    });
    await until(() => answers.has('200 true'));
    redis.signal('SIGKILL');
    await redis.stop();
    failsWith503(await here.introspect({ token: mine }));
    redis = await startRedisProcess(program ?? '', { port: redis.port });
    await untilAnswered(mine);
    running = false;
    await Promise.all(load);
    expect(answers).toEqual(new Set(['200 true', '503 temporarily_unavailable']));
  });
});
