import { describe, expect, it } from '@jest/globals';
import { createKeyStore, createTokenSigner, parseSigningJwks } from '@mandate/token';
import { decodeProtectedHeader } from 'jose';
import { runScript } from './run-script.js';

const keysGenerate = (...args: string[]) => runScript('generate-keys', args);

describe('npm run keys:generate', () => {
  it.each(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'])(
    '--alg %s makes a key pair that signs so, of which the public half is published',
    async (alg) => {
      const { stdout } = await keysGenerate('--alg', alg);
      const keys = parseSigningJwks(stdout);
      const keyStore = createKeyStore({ current: () => keys });
      const token = await createTokenSigner({ keyStore }).sign({ sub: 'alice' }, { typ: 'JWT' });
      expect(decodeProtectedHeader(token).alg).toBe(alg);
      expect((await keyStore.publicJwks()).keys).toMatchObject([{ alg, use: 'sig' }]);
    },
  );

  it.each(['HS256', 'HS384', 'HS512'])('--alg %s makes a secret, of which nothing is published', async (alg) => {
    const { stdout } = await keysGenerate('--alg', alg);
    const keys = parseSigningJwks(stdout);
    const keyStore = createKeyStore({ current: () => keys });
    expect(
      decodeProtectedHeader(await createTokenSigner({ keyStore }).sign({ sub: 'alice' }, { typ: 'JWT' })).alg,
    ).toBe(alg);
    expect(await keyStore.publicJwks()).toEqual({ keys: [] });
  });

  it('makes a key for ES256 without --alg', async () => {
    expect((await keysGenerate()).stdout).toContain('"alg": "ES256"');
  });

  it.each(['none', 'rs256', ''])('refuses --alg "%s" in one line that names what there is', async (alg) => {
    const { status, stdout, stderr } = await keysGenerate('--alg', alg);
    expect({ status, stdout }).toEqual({ status: 64, stdout: '' });
    expect(stderr).toMatch(/^--alg .*: expected one of RS256, .*HS512\n$/);
  });
});
