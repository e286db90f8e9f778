import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { redisServer, startRealPart } from '@mandate/testing';

const root = new URL('../../', import.meta.url);
const redis = await startRealPart(redisServer, process.env);
const withRedis = redis === undefined ? describe.skip : describe;

const FIRST = [
  { clientId: 'one', clientSecret: 'the-secret-of-one', scopes: ['b', 'a'] },
  { clientId: 'two', clientSecret: 'the-secret-of-two', grantTypes: ['client_credentials'] },
];
const SECOND = [
  { ...FIRST[0], clientSecret: 'another-secret', scopes: ['a', 'b'] },
  { clientId: 'three', tokenEndpointAuthMethod: 'none' },
];

withRedis('npm run clients:import', () => {
  let directory: string;
  let file: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'mandate-import-'));
    file = join(directory, 'clients.json');
  });
  afterAll(async () => {
    await redis?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  async function run(...args: string[]) {
    const command = ['--conditions=mandate-source', '--import', 'tsx', 'scripts/clients-import.ts', ...args];
    const env = { PATH: process.env['PATH'], REDIS_URL: redis?.address, CLIENT_CREDENTIALS_REDIS_PREFIX: 'import:' };
    const child = spawn(process.execPath, command, { cwd: root, env });
    child.stdin.end();
    const exited = new Promise<number | null>((resolve) => child.on('close', resolve));
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    return { stdout, stderr, status: await exited };
  }
  const exported = async (): Promise<unknown[]> => {
    const { clients } = JSON.parse((await run('redis', '--export')).stdout) as { clients: { clientId: string }[] };
    return clients.sort((one, other) => one.clientId.localeCompare(other.clientId));
  };

  it('says what would change, writes it when told to, and gives it back as it was', async () => {
    await writeFile(file, JSON.stringify(FIRST));
    const planned = await run('redis', file);
    expect(planned.stdout).toBe(
      '+ "one"\n+ "two"\n2 to add, 0 to change, 0 to remove; nothing is written without --apply\n',
    );
    expect(await exported()).toEqual([]);
    await run('redis', file, '--apply');
    expect(await exported()).toEqual(FIRST);
    expect((await run('redis', file)).stdout).toMatch(/^0 to add, 0 to change, 0 to remove;/);
  });

  it('changes what differs, names the members and no secret, and removes only when told to', async () => {
    await writeFile(file, JSON.stringify({ clients: SECOND }));
    const kept = await run('redis', file);
    expect(kept.stdout).toMatch(/^~ "one" secrets\n\+ "three"\n1 to add, 1 to change, 0 to remove;/);
    const { stdout } = await run('redis', file, '--remove', '--apply');
    expect(stdout).toContain('- "two"\n');
    expect(stdout).not.toMatch(/another-secret|the-secret/);
    expect(await exported()).toEqual(SECOND);
  });

  it('refuses a store that there is not, a file that no service would take, and a store that does not answer', async () => {
    expect(await run('sqlite', file)).toMatchObject({ status: 64, stderr: expect.stringContaining('ldap, mongodb') });
    await writeFile(file, '[{"clientId":"x"}]');
    expect(await run('redis', file)).toMatchObject({ status: 64, stderr: expect.stringContaining('clientSecret') });
    expect(await run('ldap', file)).toMatchObject({
      status: 64,
      stderr: expect.stringContaining('CLIENT_CREDENTIALS_LDAP_URLS'),
    });
  });
});
