import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { testDirectory } from '@mandate/testing';
import { runScript } from './run-script.js';

// What it does with each store, at a real server: packages/composition/test/integration.
describe('npm run clients:import', () => {
  const directory = testDirectory();

  const run = (...args: string[]) => runScript('clients-import', args, { env: { REDIS_URL: 'redis://127.0.0.1:1' } });

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
