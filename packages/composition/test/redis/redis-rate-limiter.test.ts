import { expect, it } from '@jest/globals';
import { type Consumption, createRedisRateLimiter, createRequestLimits } from '@mandate/clients';
import {
  askRedis,
  closeAfterEach,
  describeGuessLimitsContract,
  describeRateLimiterContract,
  monitorRedis,
} from '@mandate/testing';
import { port, url, withRealRedis } from './real-redis.js';
import { connectTo, openStore, outcomeOf } from './redis-world.js';

withRealRedis('a real Redis', () => {
  describeRateLimiterContract('redis', () => openStore(url, [port], createRedisRateLimiter));
  const plenty = { count: 1000, seconds: 1 };
  describeGuessLimitsContract('redis', (failures) =>
    openStore(url, [port], ({ redis }) =>
      createRequestLimits({
        limiter: createRedisRateLimiter({ redis }),
        client: plenty,
        address: plenty,
        failures,
        onLimited: () => undefined,
      }),
    ),
  );
});

withRealRedis('createRedisRateLimiter', () => {
  const closeLater = closeAfterEach();
  const consumption: Consumption = { bucket: ['visible-client'], limit: { count: 3, seconds: 3600 }, tokens: 1 };
  const open = async () => {
    await askRedis(port, 'FLUSHALL');
    const limiter = createRedisRateLimiter({ redis: closeLater(await connectTo(url)) });
    const monitor = closeLater(await monitorRedis(port));
    return {
      monitor,
      consume: (changes: Partial<Consumption> = {}) => limiter.consume({ ...consumption, ...changes }),
    };
  };
  const onlyKey = async (): Promise<string> => /mandate:rate:[\w-]{43}/.exec(await askRedis(port, 'KEYS *'))?.[0] ?? '';

  it('asks one command, and shows no name to whoever watches Redis (TX-71)', async () => {
    const { monitor, consume } = await open();
    await consume();
    const commands = await monitor.lines();
    expect(commands.join('\n')).toContain('mandate:rate:');
    expect(commands.join('\n')).not.toContain('visible');
    await consume();
    expect(await monitor.commands()).toEqual(['EVAL']);
  });

  it('C9 keeps a bucket until it would be full again, and none for a question', async () => {
    const { consume } = await open();
    await consume({ tokens: 0 });
    expect(await onlyKey()).toBe('');
    await consume();
    const secondsLeft = Number((await askRedis(port, `TTL ${await onlyKey()}`)).replace(/\D/g, ''));
    expect(secondsLeft).toBeGreaterThan(1140);
    expect(secondsLeft).toBeLessThanOrEqual(1200);
  });

  it.each([
    ['a list', 'RPUSH KEY x', 'redis: refused'],
    ['other text', 'SET KEY hello', 'redis: malformed'],
    ['a negative number', 'SET KEY -1', 'redis: malformed'],
    ['no number', 'SET KEY nan', 'redis: malformed'],
  ])('S4 %s at a key is a failure', async (_, command, failure) => {
    const { consume } = await open();
    await consume();
    const key = await onlyKey();
    await askRedis(port, `DEL ${key}`);
    await askRedis(port, command.replace('KEY', key));
    expect(await outcomeOf(consume())).toBe(failure);
  });

  it('S4 a time that is far off locks nobody out for longer than a debt may', async () => {
    const { consume } = await open();
    await consume();
    await askRedis(port, `SET ${await onlyKey()} ${'9'.repeat(400)}`);
    const wait = await consume();
    expect(wait).toBeGreaterThan(3600);
    expect(wait).toBeLessThanOrEqual(4800);
  });
});
