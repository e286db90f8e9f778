import { describe, expect, it } from '@jest/globals';
import { createSecretVerifier } from '@mandate/clients';
import { runScript } from './run-script.js';

const HMAC_KEY = 'a key of the deployment, 32 bytes or more';

async function clientHash(args: string[], input: string) {
  const env = { CLIENT_SECRET_HMAC_KEY: HMAC_KEY };
  const { stdout, stderr, status } = await runScript('hash-client-secret', args, { input, env });
  return { hash: stdout.trim(), stderr, status };
}

const verifier = createSecretVerifier({ scheme: 'none', hmacKey: HMAC_KEY, clock: () => 0 });

describe('npm run client:hash', () => {
  it.each(['scrypt', 'argon2id', 'hmac-sha256'])(
    'makes a stored %s value of the secret on standard input',
    async (scheme) => {
      const { hash, stderr, status } = await clientHash(['--scheme', scheme], 'chosen by a person\n');
      expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
      expect(hash.startsWith(`{${scheme}}`)).toBe(true);
      expect(await verifier.verify({ clientId: 'a', secret: 'chosen by a person', values: [hash] })).toBe(true);
    },
  );

  it('generates a secret when there is none, and shows it once', async () => {
    const { hash, stderr } = await clientHash(['--scheme', 'hmac-sha256'], '');
    const secret = /: ([A-Za-z0-9_-]{43})\n$/.exec(stderr)?.[1] ?? '';
    expect(await verifier.verify({ clientId: 'a', secret, values: [hash] })).toBe(true);
  });

  it('refuses an unknown scheme with exit status 64', async () => {
    expect(await clientHash(['--scheme', 'md5'], 'x')).toMatchObject({ status: 64, hash: '' });
  });
});
