import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from '@jest/globals';
import { createSecretVerifier } from '@mandate/clients';

const HMAC_KEY = 'a key of the deployment, 32 bytes or more';
const root = new URL('../../', import.meta.url);

async function clientHash(args: string[], input: string) {
  const command = ['--conditions=mandate-source', '--import', 'tsx', 'scripts/hash-client-secret.ts', ...args];
  const env = { PATH: process.env['PATH'], CLIENT_SECRET_HMAC_KEY: HMAC_KEY };
  const child = spawn(process.execPath, command, { cwd: root, env });
  child.stdin.end(input);
  const exit = new Promise<number | null>((resolve) => child.on('close', resolve));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { stored: stdout.trim(), stderr, status: await exit };
}

const verifier = createSecretVerifier({ scheme: 'none', hmacKey: HMAC_KEY, clock: () => 0 });

describe('npm run client:hash', () => {
  it.each(['scrypt', 'argon2id', 'hmac-sha256'])(
    'makes a stored %s value of the secret on standard input',
    async (scheme) => {
      const { stored, stderr, status } = await clientHash(['--scheme', scheme], 'chosen by a person\n');
      expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
      expect(stored.startsWith(`{${scheme}}`)).toBe(true);
      expect(await verifier.verify({ clientId: 'a', secret: 'chosen by a person', stored: [stored] })).toBe(true);
    },
  );

  it('generates a secret when there is none, and shows it once', async () => {
    const { stored, stderr } = await clientHash(['--scheme', 'hmac-sha256'], '');
    const secret = /: ([A-Za-z0-9_-]{43})\n$/.exec(stderr)?.[1] ?? '';
    expect(await verifier.verify({ clientId: 'a', secret, stored: [stored] })).toBe(true);
  });

  it('refuses an unknown scheme with exit status 64', async () => {
    expect(await clientHash(['--scheme', 'md5'], 'x')).toMatchObject({ status: 64, stored: '' });
  });
});
