import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseClients } from '@mandate/clients';
import { createRedisClient, parseRedisUrl } from '@mandate/composition';
import type { RedisClient } from '@mandate/ports';
import { type RedisProcess, askRedis, redisProgram, startRedisProcess, testDirectory } from '@mandate/testing';
import { createRedisRevocationStore } from '@mandate/token';

const root = new URL('../../', import.meta.url);
const clock = () => Math.floor(Date.now() / 1000);
const redisServer = await redisProgram(process.env);

/** A folder with nothing but the kustomization.yaml of one of ours. */
function copyOverlay(name: string): string {
  const folder = testDirectory();
  copyFileSync(new URL(`k8s/overlays/${name}/kustomization.yaml`, root), join(folder, 'kustomization.yaml'));
  return folder;
}

const overlay = copyOverlay('json');
const path = (name: string): string => join(overlay, 'secrets', name);
const readText = (name: string): string => readFileSync(path(name), 'utf8');

async function k8sSecrets(folder = overlay): Promise<string> {
  const command = ['--conditions=mandate-source', '--import', 'tsx', 'scripts/k8s-secrets.ts', folder];
  return (await promisify(execFile)(process.execPath, command, { cwd: root })).stdout;
}

let output = '';
beforeAll(async () => {
  output = await k8sSecrets();
}, 60_000);

const FILES = ['authentication.jwks.json', 'token-exchange.jwks.json', 'redis-url', 'redis-users.acl', 'clients.json'];

describe('npm run k8s:secrets', () => {
  it.each(FILES)('K7 makes %s, which nobody else may read', (name) => {
    expect(output).toContain(`made ${path(name)}\n`);
    expect((statSync(path(name)).mode & 0o777).toString(8)).toBe('600');
  });

  it('puts the password of Redis into the address alone; its account has a hash', () => {
    const { mode, password = '', username } = parseRedisUrl(readText('redis-url').trimEnd());
    expect({ mode, username, length: password.length }).toEqual({ mode: 'single', username: 'mandate', length: 43 });
    expect(readText('redis-users.acl')).not.toContain(password);
    expect(output).not.toContain(password);
  });

  it.each([
    ['json', []],
    ['openam', ['openam-password']],
    ['production', ['redis-ca.pem', 'redis-url']],
  ])(
    'makes everything of overlay %s but %j, and says so',
    async (name, files) => {
      const folder = copyOverlay(name);
      const names = [...(await k8sSecrets(folder)).matchAll(/^yours to write: (.*)$/gm)].map(([, file]) => file);
      expect(names.sort()).toEqual(files.map((file) => join(folder, 'secrets', file)));
      expect(existsSync(join(folder, 'secrets/redis-users.acl'))).toBe(name !== 'production');
    },
    60_000,
  );

  it('gives every client but one that signs a secret of its own, stored as a hash', () => {
    const ids = [...output.matchAll(/^ {2}(\S+) {2}(\S+)$/gm)].map(([, id]) => id);
    const clients = parseClients(readText('clients.json'), { scheme: 'scrypt' });
    expect(ids).toEqual([...clients.keys()].filter((id) => id !== 'token-exchange'));
    const { secrets, jwksUri } = clients.get('token-exchange') ?? {};
    expect({ secrets, jwksUri }).toEqual({ secrets: [], jwksUri: 'http://token-exchange:8080/.well-known/jwks.json' });
  });

  it('keeps what is there', async () => {
    const before = FILES.map(readText);
    expect(await k8sSecrets()).not.toMatch(/^made /m);
    expect(FILES.map(readText)).toEqual(before);
  }, 60_000);

  it('renews both halves of the password when the address is gone', async () => {
    const users = readText('redis-users.acl');
    rmSync(path('redis-url'));
    expect(await k8sSecrets()).toContain(`made ${path('redis-users.acl')}\n`);
    expect(readText('redis-users.acl')).not.toBe(users);
  }, 60_000);
});

(redisServer === undefined ? describe.skip : describe)('the account of npm run k8s:secrets at a real Redis', () => {
  let redis: RedisProcess;
  let client: RedisClient;
  beforeAll(async () => {
    redis = await startRedisProcess(redisServer ?? '');
    // As Redis reads them from its file. The account of everybody comes last: it is the one that asks here.
    for (const line of readText('redis-users.acl').trimEnd().split('\n').reverse()) {
      expect(await askRedis(redis.port, line.replace(/^user /, 'ACL SETUSER '))).toBe('+OK\r\n');
    }
    const url = readText('redis-url').trimEnd().replace('@redis:6379', `@127.0.0.1:${redis.port}`);
    client = await createRedisClient({ target: parseRedisUrl(url), clock, timeoutMs: 5000 });
  });
  afterAll(async () => {
    client.close();
    await redis.stop();
  });

  it('may keep and ask revocations', async () => {
    await client.check();
    const store = createRedisRevocationStore({ redis: client, clock });
    await store.revoke([{ kind: 'token', id: 'a', expiresAt: clock() + 60 }]);
    const [ids, otherIds] = [['["token","a"]'], ['["token","b"]']];
    expect(await store.isAnyRevoked([{ ids, cutOffs: [], issuedAt: 1 }])).toBe(true);
    expect(await store.isAnyRevoked([{ ids: otherIds, cutOffs: [], issuedAt: 1 }])).toBe(false);
  });

  it.each(['FLUSHALL', 'CONFIG GET maxmemory', 'KEYS *', 'ACL LIST', 'MONITOR', 'SHUTDOWN'])(
    'may not %s',
    async (command) => {
      const { username, password } = parseRedisUrl(readText('redis-url').trimEnd());
      const answer = await askRedis(redis.port, `AUTH ${username} ${password}\r\n${command}`);
      expect(answer).toMatch(/^\+OK\r\n-NOPERM /);
    },
  );

  it('is the only one: without a password nothing is answered', async () => {
    expect(await askRedis(redis.port, 'PING')).toMatch(/^-NOAUTH/);
  });
});
