import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const root = new URL('../../', import.meta.url);

// What it does with each store, at a real server: packages/composition/test/integration.
describe('npm run clients:import', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'mandate-import-'));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  async function run(...args: string[]) {
    const command = ['--conditions=mandate-source', '--import', 'tsx', 'scripts/clients-import.ts', ...args];
    const env = { PATH: process.env['PATH'], REDIS_URL: 'redis://127.0.0.1:1' };
    const child = spawn(process.execPath, command, { cwd: root, env });
    child.stdin.end();
    const exit = new Promise<number | null>((resolve) => child.on('close', resolve));
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    return { stdout, stderr, status: await exit };
  }

  it('refuses a store that there is not, a file that no service would take, and a store that does not answer', async () => {
    const [goodFile, wrongFile] = [join(directory, 'clients.json'), join(directory, 'wrong.json')];
    await writeFile(goodFile, '[{"clientId":"x","clientSecret":"secret"}]');
    await writeFile(wrongFile, '[{"clientId":"x"}]');
    const refusals = await Promise.all([
      run('sqlite', goodFile),
      run('redis', wrongFile),
      run('ldap', goodFile),
      run('redis', goodFile, '--apply'),
    ]);
    const messages = ['ldap, mongodb', 'clientSecret', 'CLIENT_CREDENTIALS_LDAP_URLS', 'unreachable'];
    expect(refusals).toEqual(
      messages.map((part) => ({ status: 64, stdout: '', stderr: expect.stringContaining(part) })),
    );
  });
});
