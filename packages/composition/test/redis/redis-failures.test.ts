import { once } from 'node:events';
import { type AddressInfo, type Socket, createServer } from 'node:net';
import { afterEach, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RedisClient } from '@mandate/ports';
import {
  type RedisProcess,
  freePort,
  freePorts,
  startRedisCluster,
  startRedisProcess,
  startRedisSentinels,
  until,
} from '@mandate/testing';
import { type RevocationStore, createRedisRevocationStore } from '@mandate/token';
import { createRedisClient, parseRedisUrl } from '../../src/index.js';
import { openRedisConnection } from '../../src/redis/redis-connection.js';
import {
  connectTo,
  openState,
  outcomeOf,
  program,
  question,
  systemClock,
  untilAnswered,
  withRedis,
} from './redis-world.js';

/** Milliseconds; what fails at once fails in another way than by its deadline. */
const DEADLINE_MS = 250;

withRedis('a Redis that fails', () => {
  let redis: RedisProcess | undefined;
  let client: RedisClient | undefined;
  const start = async (
    timeoutMs?: number,
  ): Promise<{ server: RedisProcess; store: RevocationStore; ask: () => Promise<boolean> }> => {
    const server = (redis = await startRedisProcess(program ?? ''));
    client = await connectTo(`redis://127.0.0.1:${server.port}`, 0, timeoutMs);
    const store = createRedisRevocationStore({ redis: client, clock: systemClock });
    return { server, store, ask: () => store.isAnyRevoked([question]) };
  };
  const startAgain = async (port: number): Promise<void> => {
    redis = await startRedisProcess(program ?? '', { port });
  };
  afterEach(async () => {
    client?.close();
    await redis?.stop();
  });

  it('S1 answers at once that it is down, also to a revocation, and recovers', async () => {
    const { server, store, ask } = await start();
    await server.stop();
    expect(await outcomeOf(ask())).toBe('redis: unreachable');
    const revocation = { kind: 'token', id: 'a', expiresAt: systemClock() + 60 } as const;
    expect(await outcomeOf(store.revoke([revocation]))).toBe('redis: unreachable');
    await startAgain(server.port);
    await untilAnswered(ask);
  });

  it('S1 tries again after half a second at most, however long Redis is away: back within two seconds', async () => {
    const target = parseRedisUrl(`redis://127.0.0.1:${await freePort()}`);
    const { driver, close } = await openRedisConnection(target, { timeoutMs: 5000, onState: () => undefined });
    const pauses: number[] = [];
    driver.on('reconnecting', (milliseconds: number) => void pauses.push(milliseconds));
    await until(() => pauses.length > 12);
    expect(Math.max(...pauses)).toBe(500);
    close();
  });

  it('S1 comes up while Redis is down, and is served when it is there', async () => {
    const { server } = await start();
    await server.stop();
    const lateRedis = await connectTo(`redis://127.0.0.1:${server.port}`);
    const store = createRedisRevocationStore({ redis: lateRedis, clock: systemClock });
    expect(await outcomeOf(store.isAnyRevoked([question]))).toBe('redis: unreachable');
    await startAgain(server.port);
    await untilAnswered(() => store.isAnyRevoked([question]));
    lateRedis.close();
  });

  it('S1 comes up while Redis hangs or goes away in its first answers, and is not ready', async () => {
    for (const end of [() => undefined, (socket: Socket) => void socket.destroy()]) {
      let commands = 0;
      const server = createServer((socket) => {
        socket.on('error', () => undefined);
        // `HELLO` of the driver is answered, so that the connection is had; what we ask on it is not.
        socket.on('data', () => ((commands += 1) === 1 ? socket.write('-ERR unknown command HELLO\r\n') : end(socket)));
      });
      await once(server.listen(0, '127.0.0.1'), 'listening');
      const url = `redis://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const redis = await connectTo(url, 0, DEADLINE_MS);
      expect(commands).toBeGreaterThan(1);
      expect(await outcomeOf(redis.check())).toMatch(/^redis: (timeout|unreachable)$/);
      redis.close();
      server.close();
    }
  });

  it('S1 opens the connection again when the driver has given it up', async () => {
    const server = (redis = await startRedisProcess(program ?? ''));
    const target = parseRedisUrl(`redis://127.0.0.1:${server.port}`);
    const { driver, close } = await openRedisConnection(target, { timeoutMs: 5000, onState: () => undefined });
    const end = new Promise((resolve) => driver.once('end', resolve));
    driver.disconnect();
    await end;
    await new Promise((resolve) => driver.once('ready', resolve));
    expect(await driver.call('PING')).toBe('PONG');
    close();
  });

  it('S3 a hung Redis is a failure within its deadline, and answers again', async () => {
    const { server, ask } = await start(DEADLINE_MS);
    await server.pause();
    expect(await outcomeOf(ask())).toBe('redis: timeout');
    // The connection is the circuit breaker: given up as dead, commands fail at once for as long as nobody answers.
    await until(async () => (await outcomeOf(ask())) === 'redis: unreachable');
    for (let times = 0; times < 20; times += 1) expect(await outcomeOf(ask())).toBe('redis: unreachable');
    server.signal('SIGCONT');
    await untilAnswered(ask);
  });

  it('S1 never gives a wrong verdict while Redis restarts under load', async () => {
    const { server, ask } = await start();
    const outcomes: unknown[] = [];
    let isLoaded = true;
    const load = Array.from({ length: 8 }, async () => {
      while (isLoaded) {
        outcomes.push(await outcomeOf(ask()));
        await sleep(2);
      }
    });
    await until(() => outcomes.length > 50);
    server.signal('SIGKILL');
    await server.stop();
    const outcomesBefore = outcomes.length;
    await until(() => outcomes.length > outcomesBefore + 50);
    await startAgain(server.port);
    await untilAnswered(ask);
    isLoaded = false;
    await Promise.all(load);
    expect(new Set(outcomes.map(String))).toEqual(new Set(['false', 'redis: unreachable']));
  });

  it('S7 is not ready for a Redis whose clock is another', async () => {
    const { server } = await start();
    await client?.check();
    const target = parseRedisUrl(`redis://127.0.0.1:${server.port}`);
    const ahead = await createRedisClient({ target, clock: () => systemClock() + 3600 });
    expect(await outcomeOf(ahead.check())).toBe('redis: refused');
    ahead.close();
  });
});

withRedis('a server that is not what REDIS_URL says', () => {
  it('stops the start where it is a node of a Cluster, with what to write instead', async () => {
    const cluster = await startRedisCluster(program ?? '');
    const url = `redis://127.0.0.1:${cluster.nodes[0]?.port}`;
    await expect(openState({ REDIS_URL: url })).rejects.toThrow(/REDIS_URL: .*write redis\+cluster:\/\/host:port/);
    const state = await openState({ REDIS_URL: url.replace('redis:', 'redis+cluster:') });
    const names = Array.from({ length: 20 }, (_, index) => `assertion-${index}`);
    const marks = names.map((name) => outcomeOf(state.replays.markUsed(name, systemClock() + 60)));
    expect(await Promise.all(marks)).toEqual(names.map(() => true));
    state.close?.();
    await cluster.stop();
  });

  it('is not ready and says so where the node of a Cluster comes up after the start', async () => {
    const port = await freePort();
    const state = await openState({ REDIS_URL: `redis://127.0.0.1:${port}` });
    const args = ['--cluster-enabled', 'yes', '--cluster-port', String(await freePort())];
    const node = await startRedisProcess(program ?? '', { port, args });
    await until(async () => (await state.health())?.detail?.includes('write redis+cluster://host:port') === true);
    expect(await state.health()).toMatchObject({ ready: false });
    state.close?.();
    await node.stop();
  });

  it('stops the start where it is a Sentinel', async () => {
    const group = await startRedisSentinels(program ?? '');
    const url = `redis://127.0.0.1:${group.sentinels[0]?.port}`;
    await expect(openState({ REDIS_URL: url })).rejects.toThrow(/REDIS_URL: .*write redis\+sentinel:\/\/host:port/);
    await group.stop();
  });
});

withRedis('Sentinels that are all away at the start', () => {
  it('let it come up not ready, with one line in the log, and serve it when they are there', async () => {
    const group = await startRedisSentinels(program ?? '');
    for (const sentinel of group.sentinels) await sentinel.pause();
    const state = await openState({ REDIS_URL: group.url, REDIS_TIMEOUT_MS: 250 });
    expect(await state.health()).toEqual({ ready: false, detail: 'unreachable' });
    expect(await outcomeOf(state.revocations.isAnyRevoked([question]))).toBe('redis: unreachable');
    for (const sentinel of group.sentinels) sentinel.signal('SIGCONT');
    await until(async () => (await state.health())?.ready === true);
    expect(await outcomeOf(state.revocations.isAnyRevoked([question]))).toBe(false);
    expect(state.messages()).toEqual(['redis connection lost', 'redis connected']);
    state.close?.();
    await group.stop();
  });

  it('and refuse connections, are no different', async () => {
    const ports = await freePorts(3);
    const addresses = ports.map((port) => `127.0.0.1:${port}`).join(',');
    const state = await openState({ REDIS_URL: `redis+sentinel://${addresses}/mandate` });
    expect([await state.health(), state.messages()]).toEqual([
      { ready: false, detail: 'unreachable' },
      ['redis connection lost'],
    ]);
    state.close?.();
  });
});
