import { describe, expect, it } from '@jest/globals';
import {
  askRedis,
  createTestAuthority,
  describeRemoteClientStoreContract,
  freePorts,
  redisProgram,
  startRedisProcess,
  until,
} from '@mandate/testing';
import { port, url, withRealRedis } from '../redis/real-redis.js';
import { composeStore, fill, openWith } from './client-store-world.js';
import { describeClientsImport } from './describe-clients-import.js';
import { describeStoreFaults } from './describe-store-faults.js';

const env = { CLIENT_CREDENTIALS_REDIS_URL: url, CLIENT_CREDENTIALS_REDIS_PREFIX: 'test[*]:client:' };

withRealRedis('clients in a real Redis', () => {
  describeRemoteClientStoreContract('redis', (records) => openWith('redis', env, { records }));

  describeClientsImport('redis', () => env);

  it('has no verdict of an id whose value is none that a client has, and finds the others', async () => {
    await fill('redis', env, [{ clientId: 'a', clientSecret: 's' }]);
    await askRedis(port, 'HSET test[*]:client:hash clientId hash');
    await askRedis(port, 'SET test[*]:client:text no-json');
    const store = await composeStore('redis', { ...env, CLIENT_STORE_TIMEOUT_MS: '5000' });
    await expect(store.findClient('hash')).rejects.toMatchObject({ failure: 'refused', detail: 'WRONGTYPE' });
    await expect(store.findClient('text')).rejects.toMatchObject({ failure: 'malformed' });
    expect((await store.findClient('a'))?.clientId).toBe('a');
    await askRedis(port, 'DEL test[*]:client:hash test[*]:client:text');
    store.close?.();
  });

  it('sees a change within the life of the cache, and asks once for many at a time', async () => {
    await fill('redis', env, [{ clientId: 'a', clientSecret: 's' }]);
    const store = await composeStore('redis', { ...env, CLIENT_CACHE_SECONDS: '1', CLIENT_STORE_TIMEOUT_MS: '5000' });
    await Promise.all(Array.from({ length: 200 }, () => store.findClient('a')));
    expect(await store.metrics()).toContain('client_lookups_total{store="redis",outcome="found"} 1');
    await fill('redis', env, []);
    await until(async () => (await store.findClient('a')) === undefined);
    store.close?.();
  });
});

const program = await redisProgram(process.env);
const withProgram = program === undefined ? describe.skip : describe;
const APP = 'app:the-password';

withProgram('a redis-server of this test', () => {
  describeStoreFaults({
    name: 'redis',
    secrets: ['the-password', 'another-password'],
    // What it holds outlives it, in the directory.
    async open(directory) {
      const [port = 0, tlsPort = 0] = await freePorts(2);
      const account = ['--user', 'app', 'on', '>the-password', '~*', '+@all'];
      const authority = await createTestAuthority(directory, 'ca');
      const { certificateFile, keyFile } = await authority.issue('server', '127.0.0.1');
      const tls = ['--tls-port', String(tlsPort), '--tls-auth-clients', 'no', '--tls-ca-cert-file', authority.caFile];
      const own = ['--tls-cert-file', certificateFile, '--tls-key-file', keyFile];
      const persistence = ['--dir', directory, '--appendonly', 'yes', '--appendfsync', 'always'];
      const args = [...account, ...tls, ...own, ...persistence];
      let server = await startRedisProcess(program ?? '', { port, args });
      return {
        port,
        tlsPort,
        env: (to: number) => ({ CLIENT_CREDENTIALS_REDIS_URL: `redis://${APP}@127.0.0.1:${to}` }),
        async start() {
          server = await startRedisProcess(program ?? '', { port, args });
        },
        kill: () => server.stop(),
        pause: () => server.pause(),
        resume: () => server.resume(),
        stop: () => server.stop(),
      };
    },
    wrongSettings: [
      [
        'a wrong password',
        /refused|unreachable/,
        ({ port }) => ({ CLIENT_CREDENTIALS_REDIS_URL: `redis://app:another-password@127.0.0.1:${port}` }),
      ],
      [
        'the wrong authority',
        /unreachable|timeout/,
        ({ tlsPort }, otherCaFile) => ({
          CLIENT_CREDENTIALS_REDIS_URL: `rediss://${APP}@127.0.0.1:${tlsPort}`,
          REDIS_CA_FILE: otherCaFile,
        }),
      ],
      [
        'TLS that the server does not speak',
        /unreachable|timeout/,
        ({ port }) => ({ CLIENT_CREDENTIALS_REDIS_URL: `rediss://${APP}@127.0.0.1:${port}` }),
      ],
    ],
  });
});
