import { expect, it } from '@jest/globals';
import {
  type BackchannelRequest,
  type Delegation,
  type RefreshToken,
  createRedisBackchannelRequestStore,
  createRedisDelegationStore,
  createRedisRefreshTokenStore,
} from '@mandate/delegations';
import type { RedisClient } from '@mandate/ports';
import {
  askRedis,
  closeAfterEach,
  describeBackchannelRequestStoreContract,
  describeDelegationStoreContract,
  describeRefreshTokenStoreContract,
  monitorRedis,
} from '@mandate/testing';
import { port, url, withRealRedis } from './real-redis.js';
import { connectTo, openStore, outcomeOf, systemClock } from './redis-world.js';

withRealRedis('a real Redis', () => {
  describeDelegationStoreContract('redis', () => openStore(url, [port], createRedisDelegationStore));
  describeBackchannelRequestStoreContract('redis', () => openStore(url, [port], createRedisBackchannelRequestStore));
  describeRefreshTokenStoreContract('redis', () => openStore(url, [port], createRedisRefreshTokenStore));
});

const request = (): BackchannelRequest => ({
  id: 'a',
  decisionId: 'b',
  clientId: 'app',
  person: 'alice',
  sub: 'alice',
  scopes: [],
  resources: [],
  created: systemClock(),
  expiresAt: systemClock() + 120,
  interval: 5,
});

const limits = { maxOpen: 1, maxOpenOfClient: 1 };

const refreshToken = (): RefreshToken => ({
  digest: 'a',
  grantId: 'a',
  clientId: 'app',
  sub: 'alice',
  scopes: [],
  resources: [],
  expiresAt: systemClock() + 600,
});

const delegation = (id: string): Delegation => ({
  id,
  subject: { iss: 'https://mandate.example', sub: 'alice' },
  actor: { sub: 'bob' },
  clientId: 'app',
  scopes: ['read'],
  locations: ['images'],
  created: systemClock(),
  until: systemClock() + 600,
  uses: 5,
  used: 0,
  origin: 'ciba',
});

withRealRedis('stores of people and their agreements in Redis', () => {
  const closeLater = closeAfterEach();
  const open = async (redis?: RedisClient) => {
    await askRedis(port, 'FLUSHALL');
    const client = closeLater(redis ?? (await connectTo(url)));
    const monitor = closeLater(await monitorRedis(port));
    const options = { redis: client, clock: systemClock };
    return {
      monitor,
      delegations: createRedisDelegationStore(options),
      requests: createRedisBackchannelRequestStore(options),
      refreshTokens: createRedisRefreshTokenStore(options),
    };
  };

  it('spends a use and answers a poll with one command of Redis', async () => {
    const { delegations, requests, monitor } = await open();
    await delegations.record(delegation('a'));
    await monitor.commands();
    await delegations.spend('a');
    await requests.poll('a', 'app');
    expect(await monitor.commands()).toEqual(['EVAL', 'EVAL']);
  });

  it('keeps nothing longer than it may be asked for, lists included', async () => {
    const { delegations, requests, refreshTokens } = await open();
    const now = systemClock();
    await delegations.record(delegation('a'));
    await delegations.record({ ...delegation('b'), until: now + 60 });
    await requests.add(request(), limits);
    await refreshTokens.issue(refreshToken());
    await refreshTokens.rotate('a', 'app', { digest: 'b', expiresAt: now + 600 });
    await refreshTokens.rotate('a', 'app', { digest: 'c', expiresAt: now + 600 });
    const keys = [...(await askRedis(port, 'KEYS *')).matchAll(/\{mandate:\w+\}:[\w:-]+/g)].map(([key]) => key);
    expect(keys).toHaveLength(13);
    for (const key of keys) {
      const seconds = Number(/:(-?\d+)/.exec(await askRedis(port, `TTL ${key}`))?.[1]);
      expect([key, seconds > 30 && seconds <= 600]).toEqual([key, true]);
    }
  });

  it('drops from a list what is over, whenever something is added', async () => {
    const { delegations, monitor } = await open();
    await delegations.record({ ...delegation('short'), until: systemClock() + 30 });
    const list = /\{mandate:delegation\}:[\w-]{43}(?=" "\{)/.exec((await monitor.lines()).join('\n'));
    expect(list).not.toBeNull();
    const replica = closeLater(await connectTo(url));
    const later = createRedisDelegationStore({ redis: replica, clock: () => systemClock() + 60 });
    await later.record(delegation('long'));
    const sizes = [...(await askRedis(port, 'KEYS *')).matchAll(/\{mandate:\w+\}:[\w:-]+/g)].map(async ([key]) =>
      askRedis(port, `ZCARD ${key}`),
    );
    const lists = (await Promise.all(sizes)).filter((answer) => answer.startsWith(':'));
    expect(new Set(lists)).toEqual(new Set([':1\r\n']));
    expect(lists).toHaveLength(4);
  });

  it('TX-71 shows no name in a key to whoever watches Redis', async () => {
    const { delegations, requests, refreshTokens } = await open();
    await delegations.record({ ...delegation('visible-id'), subject: { iss: 'visible-issuer', sub: 'visible-sub' } });
    await requests.poll('visible-id', 'visible-client');
    await refreshTokens.end('visible-grant');
    expect(await askRedis(port, 'KEYS *')).not.toContain('visible');
  });

  const asks: [string, (stores: Awaited<ReturnType<typeof open>>) => Promise<unknown>][] = [
    ['spend a use', ({ delegations }) => delegations.spend('a')],
    ['find a delegation', ({ delegations }) => delegations.find('a')],
    ['list delegations', ({ delegations }) => delegations.list({ clientId: 'app' })],
    ['poll', ({ requests }) => requests.poll('a', 'app')],
    ['decide', ({ requests }) => requests.decide('b', { approve: true, sub: 'alice' })],
    ['find a request', ({ requests }) => requests.findByDecisionId('b')],
    ['find a refresh token', ({ refreshTokens }) => refreshTokens.find('a', 'app')],
    [
      'rotate a refresh token',
      ({ refreshTokens }) => refreshTokens.rotate('a', 'app', { digest: 'b', expiresAt: systemClock() + 60 }),
    ],
  ];
  const strangeValues: [string, (key: string) => string][] = [
    ['a list', (key) => `RPUSH ${key} x`],
    ['other text', (key) => `SET ${key} hello`],
    ['a hash of others', (key) => `HSET ${key} record {} uses x used x client app expires x request {} approve x`],
    ['a huge value', (key) => `SETRANGE ${key} 100000000 x`],
  ];
  it.each(asks.flatMap(([verb, ask]) => strangeValues.map(([what, write]) => ({ verb, what, ask, write }))))(
    'S4 to $verb where $what is: a failure, never a verdict',
    async ({ ask, write }) => {
      const stores = await open();
      const { delegations, requests, refreshTokens, monitor } = stores;
      await delegations.record(delegation('a'));
      await requests.add(request(), limits);
      await refreshTokens.issue(refreshToken());
      await monitor.lines();
      await ask(stores);
      // the name that devices know a request by leads to it, and whatever else stands there leads to none
      const commands = (await monitor.lines()).join('\n').replaceAll(/\S+:decision:\S+/g, '');
      const keys = new Set([...commands.matchAll(/\{mandate:\w+\}:[\w:-]+/g)].map(([key]) => key));
      expect(keys.size).toBeGreaterThan(0);
      for (const key of keys) await askRedis(port, `DEL ${key}`);
      for (const key of keys) await askRedis(port, write(key));
      // on a busy machine the making of a huge value may still hold Redis up
      expect(await outcomeOf(ask(stores))).toMatch(/^redis: (refused|malformed|timeout)$/);
    },
  );

  const agreement = { actor: { sub: 'bob' }, scopes: ['read'], locations: ['images'], uses: 0 };
  const bothActors = { clientId: 'app', sub: 'bob' };
  const questions: [string, (stores: Awaited<ReturnType<typeof open>>) => Promise<unknown>][] = [
    [
      'a delegation',
      async ({ delegations }) => {
        await delegations.record({ ...delegation('a'), actor: bothActors });
        return delegations.find('a');
      },
    ],
    [
      'a request',
      async ({ requests }) => {
        await requests.add({ ...request(), bindingMessage: 7 } as never, limits);
        return requests.findByDecisionId('b');
      },
    ],
    [
      'a decision',
      async ({ requests }) => {
        await requests.add(request(), limits);
        await requests.decide('b', { approve: true, sub: 'alice', amr: 'otp' } as never);
        return requests.poll('a', 'app');
      },
    ],
    [
      'a refresh token',
      async ({ refreshTokens }) => {
        await refreshTokens.issue({ ...refreshToken(), scopes: 'read' } as never);
        return refreshTokens.find('a', 'app');
      },
    ],
    [
      'an agreement',
      async ({ refreshTokens }) => {
        await refreshTokens.issue({ ...refreshToken(), agreement });
        return refreshTokens.find('a', 'app');
      },
    ],
  ];
  it.each(questions)('S4 %s with a known member of another form is a failure', async (_, ask) => {
    expect(await outcomeOf(ask(await open()))).toBe('redis: malformed');
  });

  it('P10 what is too large to be read again is refused, and hides nothing else', async () => {
    const { delegations, requests, refreshTokens } = await open();
    await delegations.record(delegation('a'));
    // as long as a form may be, in characters that JSON escapes
    const places = Array.from({ length: 31 }, (_, index) => `https://a.example/${'"'.repeat(2000)}${index}`);
    const refusal = { code: 'invalid_request' };
    await expect(delegations.record({ ...delegation('b'), locations: places })).rejects.toMatchObject(refusal);
    await expect(requests.add({ ...request(), resources: places }, limits)).rejects.toMatchObject(refusal);
    await expect(refreshTokens.issue({ ...refreshToken(), resources: places })).rejects.toMatchObject(refusal);
    expect((await delegations.list({ clientId: 'app' })).delegations).toMatchObject([{ id: 'a' }]);
    expect([await delegations.find('b'), await requests.findByDecisionId('b')]).toEqual([undefined, undefined]);
  });

  it('S2 nothing counts that too few replicas have, where that is asked for', async () => {
    const { delegations, requests, refreshTokens } = await open(await connectTo(url, 1));
    expect(await outcomeOf(delegations.record(delegation('a')))).toBe('redis: refused');
    expect(await outcomeOf(delegations.spend('a'))).toBe('redis: refused');
    expect(await outcomeOf(delegations.end('a'))).toBe('redis: refused');
    expect(await outcomeOf(requests.poll('a', 'app'))).toBe('redis: refused');
    expect(await outcomeOf(refreshTokens.end('a'))).toBe('redis: refused');
  });

  it('S1 a Redis that cannot be reached is a failure', async () => {
    const { delegations, requests, refreshTokens } = await open(await connectTo('redis://127.0.0.1:1'));
    expect(await outcomeOf(delegations.spend('a'))).toBe('redis: unreachable');
    expect(await outcomeOf(requests.poll('a', 'app'))).toBe('redis: unreachable');
    expect(await outcomeOf(refreshTokens.find('a', 'app'))).toBe('redis: unreachable');
  });
});
