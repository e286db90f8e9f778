import { beforeAll, describe, expect, it } from '@jest/globals';
import { createRedisClient, parseRedisUrl } from '@mandate/composition';
import { createRedisDelegationStore } from '@mandate/delegations';
import { type RedisMonitor, fixedClock, monitorRedis, redisProgram, startRedisProcess } from '@mandate/testing';
import { createRedisRevocationStore } from '@mandate/token';
import { closeAfterTests } from '../after-tests.js';
import {
  type ExchangeWorld,
  type ExchangeWorldOptions,
  imagesRule,
  startExchangeWorld,
} from '../http/exchange-world.js';
import { agreedToken, bob, recordDelegation } from '../http/rules/agreed-token.js';

const program = await redisProgram(process.env);

(program === undefined ? describe.skip : describe)('an exchange over a real Redis', () => {
  let world: ExchangeWorld;
  let monitor: RedisMonitor;
  let stores: Pick<ExchangeWorldOptions, 'revocations' | 'delegations'>;

  beforeAll(async () => {
    const server = closeAfterTests(await startRedisProcess(program ?? ''));
    const clock = fixedClock();
    const target = parseRedisUrl(`redis://127.0.0.1:${server.port}`);
    // the deadline is tested elsewhere, on a machine that may be busy here
    const redis = closeAfterTests(await createRedisClient({ target, clock, timeoutMs: 5000 }));
    stores = {
      revocations: createRedisRevocationStore({ redis, clock }),
      delegations: createRedisDelegationStore({ redis, clock }),
    };
    world = await startExchangeWorld([imagesRule], { RATE_LIMIT: 'off' }, stores);
    monitor = closeAfterTests(await monitorRedis(server.port));
  });

  /** The commands of one exchange that is permitted. */
  async function commandsOf(subject_token: string, actor: Parameters<ExchangeWorld['exchange']>[0]): Promise<string[]> {
    await monitor.commands();
    expect((await world.exchange({ subject_token, ...actor })).status).toBe(200);
    return monitor.commands();
  }

  it('is one round trip, what a person agreed to included', async () => {
    expect(await commandsOf(world.token({ may_act: { sub: 'bob' } }), world.actorFields())).toEqual(['EVAL']);
    expect(await commandsOf(agreedToken(world), bob(world))).toEqual(['EVAL']);
  });

  it('is a second one where the exchange of a foreign token is recorded, and where it is asked for again', async () => {
    const other = await startExchangeWorld([imagesRule], { RATE_LIMIT: 'off', DELEGATION_RECORDS: 'all' }, stores);
    const foreign = { subject_token: other.token({ may_act: { sub: 'bob' } }), ...other.actorFields() };
    const own = { subject_token: agreedToken(other), ...bob(other) };
    for (const [fields, commands] of [
      [foreign, ['EVAL', 'EVAL']],
      [foreign, ['EVAL', 'EVAL']],
      [own, ['EVAL']],
    ] as const) {
      await monitor.commands();
      expect((await other.exchange(fields)).status).toBe(200);
      expect(await monitor.commands()).toEqual(commands);
    }
  });

  it('is a second one where uses are counted', async () => {
    await recordDelegation(world, 1);
    expect(await commandsOf(agreedToken(world, { uses: 1 }), bob(world))).toEqual(['EVAL', 'EVAL']);
  });
});
