import { describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeRemoteClientStoreContract, freePort, redisProgram, startRedisProcess } from '@mandate/testing';
import { url, withRealRedis } from '../redis/real-redis.js';
import { composeStore, fill, openWith } from './client-store-world.js';
import { describeClientsImport } from './describe-clients-import.js';
import { describeStoreFaults } from './describe-store-faults.js';

const env = { CLIENT_CREDENTIALS_REDIS_URL: url, CLIENT_CREDENTIALS_REDIS_PREFIX: 'test[*]:client:' };

withRealRedis('clients in a real Redis', () => {
  describeRemoteClientStoreContract('redis', (records) => openWith('redis', env, { records }));

  describeClientsImport('redis', () => env);

  it('sees a change within the life of the cache, and asks once for many at a time', async () => {
    await fill('redis', env, [{ clientId: 'a', clientSecret: 's' }]);
    const store = await composeStore('redis', { ...env, CLIENT_CACHE_SECONDS: '1', CLIENT_STORE_TIMEOUT_MS: '5000' });
    await Promise.all(Array.from({ length: 200 }, () => store.findClient('a')));
    expect(await store.metrics()).toContain('client_lookups_total{store="redis",outcome="found"} 1');
    await fill('redis', env, []);
    expect(await store.findClient('a')).toBeDefined();
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect(await store.findClient('a')).toBeUndefined();
    store.close?.();
  });
});

const program = await redisProgram(process.env);
const withProgram = program === undefined ? describe.skip : describe;

withProgram('a redis-server of this test', () => {
  describeStoreFaults({
    name: 'redis',
    wrong: ['a wrong password', 'TLS that the server does not speak'],
    async open() {
      const port = await freePort();
      // What it holds outlives it.
      const directory = await mkdtemp(join(tmpdir(), 'mandate-redis-'));
      const account = ['--user', 'app', 'on', '>the-password', '~*', '+@all'];
      const args = [...account, '--dir', directory, '--appendonly', 'yes', '--appendfsync', 'always'];
      let server = await startRedisProcess(program ?? '', { port, args });
      const urlOf = (to: number, password = 'the-password') => `redis://app:${password}@127.0.0.1:${to}`;
      return {
        secrets: ['the-password', 'another-password'],
        wrong: [
          {
            what: 'a wrong password',
            env: { CLIENT_CREDENTIALS_REDIS_URL: urlOf(port, 'another-password') },
            said: /refused|unreachable/,
          },
          {
            what: 'TLS that the server does not speak',
            env: { CLIENT_CREDENTIALS_REDIS_URL: `rediss://app:the-password@127.0.0.1:${port}` },
            said: /unreachable|timeout/,
          },
        ],
        server: {
          port,
          env: (to) => ({ CLIENT_CREDENTIALS_REDIS_URL: urlOf(to) }),
          async start() {
            server = await startRedisProcess(program ?? '', { port, args });
          },
          kill: () => server.stop(),
          pause: () => server.pause(),
          resume: () => server.resume(),
          async stop() {
            await server.stop();
            await rm(directory, { recursive: true, force: true });
          },
        },
      };
    },
  });
});
