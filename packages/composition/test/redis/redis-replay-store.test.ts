import { expect, it } from '@jest/globals';
import { createRedisReplayStore } from '@mandate/clients';
import { askRedis, closeAfterEach, describeReplayStoreContract, monitorRedis } from '@mandate/testing';
import { port, url, withRealRedis } from './real-redis.js';
import { connectTo, createExactReplayStore, openStore, outcomeOf, systemClock } from './redis-world.js';

const KEY = 'mandate:replay:a';

withRealRedis('a real Redis', () => {
  describeReplayStoreContract('redis', () => openStore(url, [port], createExactReplayStore));
});

withRealRedis('createRedisReplayStore', () => {
  const closeLater = closeAfterEach();
  const open = async (waitReplicas = 0) => {
    await askRedis(port, 'FLUSHALL');
    const redis = closeLater(await connectTo(url, waitReplicas));
    const store = createRedisReplayStore({ redis, clock: systemClock });
    return { mark: (key = 'a') => store.markUsed(key, systemClock() + 60) };
  };

  it('C1 decides with one command of Redis', async () => {
    const { mark } = await open();
    const monitor = closeLater(await monitorRedis(port));
    expect([await mark(), await mark()]).toEqual([true, false]);
    expect(await monitor.commands()).toEqual(['EVAL', 'EVAL']);
  });

  it('C1 keeps a key as long as the slowest clock that is still ready needs, and no longer', async () => {
    const { mark } = await open();
    const earliest = systemClock() * 1000;
    await mark();
    const expiry = Number(/:(\d+)/.exec(await askRedis(port, `PEXPIRETIME ${KEY}`))?.[1]);
    expect(expiry).toBeGreaterThanOrEqual(earliest + 70_000);
    expect(expiry).toBeLessThanOrEqual(Date.now() + 70_000);
  });

  it.each([
    ['a list', `RPUSH ${KEY} x`, 'redis: refused'],
    ['a hash', `HSET ${KEY} a b`, 'redis: refused'],
    ['other text', `SET ${KEY} hello`, 'redis: malformed'],
    ['no text', `SET ${KEY} ""`, 'redis: malformed'],
    ['a huge value', `SETRANGE ${KEY} 100000000 x`, 'redis: malformed'],
  ])('S4 %s at a key is a failure, never a first use and never a replay', async (_, command, failure) => {
    const { mark } = await open();
    await askRedis(port, command);
    expect(await outcomeOf(mark())).toBe(failure);
    expect(await mark('b')).toBe(true);
  });

  it('S2 a first use counts only when enough replicas have it, where that is asked for', async () => {
    const { mark } = await open(1);
    expect(await outcomeOf(mark())).toBe('redis: refused');
  });

  it('S1 a Redis that cannot be reached is a failure', async () => {
    const redis = closeLater(await connectTo('redis://127.0.0.1:1'));
    const store = createRedisReplayStore({ redis, clock: systemClock });
    expect(await outcomeOf(store.markUsed('a', systemClock() + 60))).toBe('redis: unreachable');
  });
});
