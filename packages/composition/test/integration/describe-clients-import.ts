import { beforeAll, describe, expect, it } from '@jest/globals';
import { testDirectory } from '@mandate/testing';
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type StoreEnvironment, fill } from './client-store-world.js';
import type { RemoteStoreName } from '../../src/client-stores/store-names.js';

const root = new URL('../../../../', import.meta.url);

const THERE = [
  { clientId: 'one', clientSecret: 'the-secret-of-one', scopes: ['a', 'b'] },
  { clientId: 'two', clientSecret: 'the-secret-of-two', grantTypes: ['client_credentials'] },
];
const WANTED = [
  { ...THERE[0], clientSecret: 'another-secret', defaultTargets: [{ audience: 'https://api.example.com' }] },
  { clientId: 'three', tokenEndpointAuthMethod: 'none' },
];

/** `npm run clients:import` as a process, over a real server that `env` names with an account that may write. */
export function describeClientsImport(name: RemoteStoreName, env: () => StoreEnvironment): void {
  describe(`npm run clients:import -- ${name}`, () => {
    const file = join(testDirectory(), 'clients.json');
    beforeAll(async () => {
      await writeFile(file, JSON.stringify({ clients: WANTED }));
      await fill(name, env(), THERE);
    });

    async function run(...args: string[]): Promise<string> {
      const command = ['--conditions=mandate-source', '--import', 'tsx', 'scripts/clients-import.ts', name, ...args];
      const variables = { PATH: process.env['PATH'], CLIENT_STORE_TIMEOUT_MS: '20000' };
      const child = spawn(process.execPath, command, { cwd: root, env: { ...variables, ...env() } });
      child.stdin.end();
      const exitCode = new Promise<number | null>((resolve) => child.on('close', resolve));
      const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
      expect([await exitCode, stderr]).toEqual([0, '']);
      expect(stdout.includes('-secret') && !args.includes('--export')).toBe(false);
      return stdout;
    }

    it('says what would change, naming no secret, writes it when told to, and gives it back as it was', async () => {
      const plan = lines(await run(file));
      expect(plan).toEqual([
        '+ "three"',
        '1 to add, 1 to change, 0 to remove; nothing is written without --apply',
        expect.stringMatching(/^~ "one" (?:secrets, defaultTargets|defaultTargets, secrets)$/),
      ]);
      // The same: nothing was written.
      const outcome = lines(await run(file, '--remove', '--apply'));
      expect(outcome).toEqual([plan[0], '- "two"', '1 to add, 1 to change, 1 to remove', plan[2]]);

      const { clients } = JSON.parse(await run('--export')) as { clients: { clientId: string }[] };
      expect(clients.sort((one, other) => one.clientId.localeCompare(other.clientId))).toEqual(WANTED);
    });
  });
}

function lines(text: string): string[] {
  return text.trimEnd().split('\n').sort();
}
