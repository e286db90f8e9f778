import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from '@jest/globals';
import { createKeyStore, createTokenSigner, parseSigningJwks } from '@mandate/token';
import { decodeProtectedHeader } from 'jose';

const root = resolve(import.meta.dirname, '../..');

async function keysGenerate(...args: string[]): Promise<{ code: unknown; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'scripts/generate-keys.ts', ...args], { cwd: root });
  const exit = once(child, 'close');
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = (await exit) as unknown[];
  return { code, stdout, stderr };
}

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
    const { code, stdout, stderr } = await keysGenerate('--alg', alg);
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
    expect(stderr).toMatch(/^--alg .*: expected one of RS256, .*HS512\n$/);
  });
});
