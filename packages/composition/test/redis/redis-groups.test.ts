import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRedisRateLimiter } from '@mandate/clients';
import {
  createRedisBackchannelRequestStore,
  createRedisDelegationStore,
  createRedisRefreshTokenStore,
} from '@mandate/delegations';
import type { Clock, RedisClient } from '@mandate/ports';
import {
  type RedisGroup,
  askRedis,
  closeAfterEach,
  describeRateLimiterContract,
  describeReplayStoreContract,
  describeRevocationStoreContract,
  monitorRedis,
  startRedisCluster,
  startRedisSentinels,
} from '@mandate/testing';
import { createRedisRevocationStore } from '@mandate/token';
import {
  connectTo,
  createExactReplayStore,
  openStore,
  outcomeOf,
  program,
  question,
  systemClock,
  untilAnswered,
  withRedis,
} from './redis-world.js';

withRedis('Redis Cluster', () => {
  const closeLater = closeAfterEach();
  let cluster: RedisGroup;
  beforeAll(async () => {
    cluster = await startRedisCluster(program ?? '');
  }, 30_000);
  afterAll(() => cluster.stop());

  const open = <Store>(create: (options: { redis: RedisClient; clock: Clock }) => Store) => {
    const ports = cluster.nodes.map(({ port }) => port);
    return openStore(cluster.url, ports, create);
  };

  describeRevocationStoreContract('redis, three nodes', () => open(createRedisRevocationStore));
  describeReplayStoreContract('redis, three nodes', () => open(createExactReplayStore));
  describeRateLimiterContract('redis, three nodes', () => open(createRedisRateLimiter));

  it('keeps what belongs together of people and their agreements at one node', async () => {
    const delegations = closeLater(await open(createRedisDelegationStore));
    const requests = closeLater(await open(createRedisBackchannelRequestStore));
    const refreshTokens = closeLater(await open(createRedisRefreshTokenStore));
    const now = systemClock();
    const terms = { clientId: 'app', scopes: ['read'] };
    const subject = { iss: 'https://mandate.example', sub: 'alice' };
    const times = { created: now, until: now + 600 };
    const delegation = { ...terms, ...times, locations: ['images'], used: 0, origin: 'ciba' as const };
    await delegations.store.record({ ...delegation, id: 'a', subject, actor: { sub: 'bob' } });
    expect((await delegations.replica.list({ actor: { sub: 'bob' } })).delegations).toHaveLength(1);
    expect(await delegations.replica.spend('a')).toBe('spent');
    const person = { person: 'alice', sub: 'alice' };
    const request = { ...terms, ...person, created: now, decisionId: 'd', resources: [], interval: 5 };
    await requests.store.add({ ...request, id: 'r', expiresAt: now + 60 }, { maxOpen: 1, maxOpenOfClient: 1 });
    expect(await requests.replica.decide('d', { approve: true, sub: 'alice' })).toBe('decided');
    expect(await requests.store.poll('r', 'app')).toMatchObject({ kind: 'approved' });
    const refresh = { ...terms, grantId: 'a', sub: 'alice', resources: [], expiresAt: now + 60 };
    await refreshTokens.store.issue({ ...refresh, digest: 't' });
    const rotation = await refreshTokens.replica.rotate('t', 'app', { digest: 'u', expiresAt: now + 60 });
    expect(rotation).toMatchObject({ kind: 'rotated' });
  });

  it('asks one command of one node, however long the lineage', async () => {
    const redis = closeLater(await connectTo(cluster.url));
    const store = createRedisRevocationStore({ redis, clock: systemClock });
    await store.isAnyRevoked([question]);
    const monitors = await Promise.all(cluster.nodes.map(async ({ port }) => closeLater(await monitorRedis(port))));
    const ids = Array.from({ length: 8 }, (_, index) => `["token","other${index}"]`);
    expect(await store.isAnyRevoked([{ ...question, ids }])).toBe(false);
    const commands = await Promise.all(monitors.map((monitor) => monitor.commands()));
    const scripts = commands.flat().filter((name) => name === 'EVAL');
    expect(scripts).toHaveLength(1);
  });

  it('S3 a hung node is a failure within its deadline, and answers again', async () => {
    const redis = closeLater(await connectTo(cluster.url, 0, 250));
    const store = createRedisRevocationStore({ redis, clock: systemClock });
    const ask = (): Promise<boolean> => store.isAnyRevoked([question]);
    await untilAnswered(ask);
    await Promise.all(cluster.nodes.map((node) => node.pause()));
    expect(await outcomeOf(ask())).toBe('redis: timeout');
    for (const node of cluster.nodes) node.signal('SIGCONT');
    await untilAnswered(ask);
  });
});

/** What a Sentinel says of the master. */
async function masterOf({ url }: RedisGroup): Promise<string> {
  return askRedis(Number(/:(\d+),/.exec(url)?.[1]), 'INFO sentinel');
}

withRedis('Redis Sentinel', () => {
  const closeLater = closeAfterEach();
  let trio: RedisGroup;
  beforeAll(async () => {
    trio = await startRedisSentinels(program ?? '');
  }, 30_000);
  afterAll(() => trio.stop());

  describe('before a failover', () => {
    describeRevocationStoreContract('redis, three Sentinels', () =>
      openStore(trio.url, [trio.nodes[0]?.port ?? 0], createRedisRevocationStore),
    );
  });

  it('S2 after a failover keeps what the replica confirmed, never a verdict in between', async () => {
    const redis = closeLater(await connectTo(trio.url, 1));
    const store = createRedisRevocationStore({ redis, clock: systemClock });
    const ask = (): Promise<boolean> => store.isAnyRevoked([question]);
    // a replica that has just come may confirm late
    await untilAnswered(() => store.revoke([{ kind: 'token', id: 'a', expiresAt: systemClock() + 60 }]));
    expect(await ask()).toBe(true);
    trio.nodes[0]?.signal('SIGKILL');
    const outcomes = new Set<unknown>();
    const newMaster = trio.nodes[1]?.port ?? 0;
    while (!(await masterOf(trio)).includes(`address=127.0.0.1:${newMaster},`)) {
      outcomes.add(await outcomeOf(ask()));
      await sleep(50);
    }
    await untilAnswered(ask);
    for (const failure of ['unreachable', 'timeout', 'refused']) outcomes.delete(`redis: ${failure}`);
    outcomes.delete(true);
    expect([...outcomes]).toEqual([]);
    expect(await ask()).toBe(true);
  });
});
