import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createRedisClient, parseRedisUrl } from '@mandate/composition';
import { createRedisDelegationStore } from '@mandate/delegations';
import {
  type RedisMonitor,
  type RedisProcess,
  TEST_START,
  fixedClock,
  monitorRedis,
  redisProgram,
  startRedisProcess,
} from '@mandate/testing';
import { createRedisRevocationStore } from '@mandate/token';
import {
  actorFields,
  type ExchangeWorld,
  type ExchangeWorldOptions,
  imagesRule,
  OWN,
  startExchangeWorld,
} from '../http/exchange-world.js';
import { agreedToken, bob, PHOTOS } from '../http/rules/agreed-token.js';

const program = await redisProgram(process.env);

(program === undefined ? describe.skip : describe)('an exchange over a real Redis', () => {
  let server: RedisProcess;
  let world: ExchangeWorld;
  let monitor: RedisMonitor;
  let close: () => void;
  let stores: Pick<ExchangeWorldOptions, 'revocations' | 'delegations'>;

  beforeAll(async () => {
    server = await startRedisProcess(program ?? '');
    const clock = fixedClock();
    const target = parseRedisUrl(`redis://127.0.0.1:${server.port}`);
    // the deadline is tested elsewhere, on a machine that may be busy here
    const redis = await createRedisClient({ target, clock, timeoutMs: 5000 });
    stores = {
      revocations: createRedisRevocationStore({ redis, clock }),
      delegations: createRedisDelegationStore({ redis, clock }),
    };
    close = () => redis.close();
    world = await startExchangeWorld([imagesRule], { RATE_LIMIT: 'off' }, stores);
    monitor = await monitorRedis(server.port);
  });
  afterAll(async () => {
    monitor.close();
    close();
    await world.close();
    await server.stop();
  });

  /** The commands of one exchange that is permitted. */
  async function commandsOf(subject_token: string, actor: Parameters<ExchangeWorld['exchange']>[0]): Promise<string[]> {
    await monitor.commands();
    expect((await world.exchange({ subject_token, ...actor })).status).toBe(200);
    return monitor.commands();
  }

  it('is one round trip, what a person agreed to included', async () => {
    expect(await commandsOf(world.token({ may_act: { sub: 'bob' } }), actorFields(world))).toEqual(['EVAL']);
    expect(await commandsOf(agreedToken(world), bob(world))).toEqual(['EVAL']);
  });

  it('is a second one where the exchange of a foreign token is recorded, and where it is asked for again', async () => {
    const recording = await startExchangeWorld([imagesRule], { RATE_LIMIT: 'off', DELEGATION_RECORDS: 'all' }, stores);
    const foreign = { subject_token: recording.token({ may_act: { sub: 'bob' } }), ...actorFields(recording) };
    const own = { subject_token: agreedToken(recording), ...bob(recording) };
    for (const [fields, commands] of [
      [foreign, ['EVAL', 'EVAL']],
      [foreign, ['EVAL', 'EVAL']],
      [own, ['EVAL']],
    ] as const) {
      await monitor.commands();
      expect((await recording.exchange(fields)).status).toBe(200);
      expect(await monitor.commands()).toEqual(commands);
    }
    await recording.close();
  });

  it('is a second one where uses are counted', async () => {
    await world.delegations.record({
      id: 'delegation-1',
      subject: { iss: OWN, sub: 'alice' },
      actor: { sub: 'bob' },
      clientId: 'gateway',
      scopes: ['read'],
      locations: [PHOTOS],
      created: TEST_START,
      until: TEST_START + 600,
      uses: 1,
      used: 0,
      origin: 'ciba',
    });
    expect(await commandsOf(agreedToken(world, { uses: 1 }), bob(world))).toEqual(['EVAL', 'EVAL']);
  });
});
