import { expect, it } from '@jest/globals';
import { askRedis, closeAfterEach, describeRevocationStoreContract, monitorRedis } from '@mandate/testing';
import { type Revocation, createRedisRevocationStore } from '@mandate/token';
import { port, url, withRealRedis } from './real-redis.js';
import { connectTo, openStore, outcomeOf, question, systemClock } from './redis-world.js';

withRealRedis('a real Redis', () => {
  describeRevocationStoreContract('redis', () => openStore(url, [port], createRedisRevocationStore));
});

withRealRedis('createRedisRevocationStore', () => {
  const closeLater = closeAfterEach();
  const open = async () => {
    await askRedis(port, 'FLUSHALL');
    const redis = closeLater(await connectTo(url));
    const monitor = closeLater(await monitorRedis(port));
    return { store: createRedisRevocationStore({ redis, clock: systemClock }), monitor };
  };
  const revocation = (id: string): Revocation => ({ kind: 'token', id, expiresAt: systemClock() + 60 });
  const keyOfToken = async (): Promise<string> => {
    const { store, monitor } = await open();
    await store.revoke([revocation('a')]);
    return /\{mandate:revocation\}:[\w-]{43}/.exec((await monitor.lines()).join('\n'))?.[0] ?? '';
  };

  /** What Redis has sent to everybody so far. */
  const bytesSent = async (): Promise<number> =>
    Number(/total_net_output_bytes:(\d+)/.exec(await askRedis(port, 'INFO stats'))?.[1]);

  it.each([1, 4, 8, 200])('asks one command for a token with %i ancestors', async (length) => {
    const { store, monitor } = await open();
    const ids = Array.from({ length }, (_, index) => `["token","t${index}"]`);
    expect(await store.isAnyRevoked([{ ...question, ids }, question])).toBe(false);
    expect(await monitor.commands()).toEqual(['EVAL']);
  });

  it('TX-71 shows no identifier to whoever watches Redis, in keys or values', async () => {
    const { store, monitor } = await open();
    await store.revoke([
      revocation('visible-id'),
      { kind: 'client', clientId: 'visible-client', before: 7, expiresAt: systemClock() + 60 },
    ]);
    await store.isAnyRevoked([{ ...question, ids: ['["token","visible-id"]'] }]);
    const commands = (await monitor.lines()).join('\n');
    expect(commands).toContain('{mandate:revocation}:');
    expect(commands).not.toContain('visible');
  });

  it.each([
    ['a list', 'RPUSH KEY x', 'redis: refused'],
    ['a hash', 'HSET KEY a b', 'redis: refused'],
    ['other text', 'SET KEY hello', 'redis: malformed'],
    ['a number too long', `SET KEY ${'9'.repeat(200)}`, 'redis: malformed'],
    ['a negative number', 'SET KEY -1', 'redis: malformed'],
  ])('S4 %s at a key is a failure, never a verdict', async (_, command, failure) => {
    const key = await keyOfToken();
    const { store } = await open();
    await askRedis(port, command.replace('KEY', key));
    expect(await outcomeOf(store.isAnyRevoked([question]))).toBe(failure);
  });

  it('S4 a huge value at a key is a failure, and never leaves Redis', async () => {
    const key = await keyOfToken();
    const { store } = await open();
    await askRedis(port, `SETRANGE ${key} 100000000 x`);
    const bytesBefore = await bytesSent();
    expect(await outcomeOf(store.isAnyRevoked([question]))).toBe('redis: malformed');
    expect((await bytesSent()) - bytesBefore).toBeLessThan(1_000_000);
  });

  it('S4 refuses to revoke over a key of another type, and repairs one that holds other text', async () => {
    const key = await keyOfToken();
    const { store } = await open();
    await askRedis(port, `RPUSH ${key} x`);
    expect(await outcomeOf(store.revoke([revocation('a')]))).toBe('redis: refused');
    await askRedis(port, `SET ${key} hello`);
    await store.revoke([revocation('a')]);
    expect(await store.isAnyRevoked([question])).toBe(true);
  });

  it('TX-71 a failure carries the code of the answer, and no key or argument', async () => {
    const key = await keyOfToken();
    const { store } = await open();
    await askRedis(port, `RPUSH ${key} x`);
    const failure: unknown = await store.isAnyRevoked([question]).catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: 'UpstreamError', detail: 'WRONGTYPE' });
    const failureText = JSON.stringify(failure, Object.getOwnPropertyNames(failure));
    expect(failureText).not.toContain('mandate:revocation');
    expect((failure as Error).cause).toBeUndefined();
  });

  it('S2 a revocation counts only when enough replicas have it, where that is asked for', async () => {
    const redis = closeLater(await connectTo(url, 1));
    const store = createRedisRevocationStore({ redis, clock: systemClock });
    expect(await outcomeOf(store.revoke([revocation('a')]))).toBe('redis: refused');
    expect(await store.isAnyRevoked([{ ...question, ids: [] }])).toBe(false);
  });
});
