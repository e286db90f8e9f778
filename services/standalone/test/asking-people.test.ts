import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { readConfig } from '@mandate/service-kit';
import { startOnLoopback } from '@mandate/service-kit/testing';
import { createTestKey } from '@mandate/testing';
import { compose } from '../src/compose.js';
import { standaloneConfig } from '../src/config.js';

const directory = mkdtempSync(join(tmpdir(), 'mandate-standalone-'));
afterAll(() => rmSync(directory, { recursive: true }));

const SECRET = Buffer.from(JSON.stringify(createTestKey('HS256').privateJwk)).toString('base64');
const start = (env: Record<string, string>) => {
  const config = readConfig(standaloneConfig, { env: { DEVELOPMENT_KEYS_DIRECTORY: directory, ...env } });
  return startOnLoopback((runtime) => compose(config, runtime));
};
const grantsOf = async ({ publicUrl }: { publicUrl: string }) => {
  const response = await fetch(`${publicUrl}/.well-known/oauth-authorization-server`);
  return ((await response.json()) as { grant_types_supported: string[] }).grant_types_supported;
};

describe('the standalone', () => {
  it.each<[string, Record<string, string>, boolean]>([
    ['asks people', {}, true],
    ['asks nobody with CIBA_CHANNEL=off', { CIBA_CHANNEL: 'off' }, false],
    ['starts with a secret as its key then', { CIBA_CHANNEL: 'off', TOKEN_SIGNATURE_JWK_BASE64: SECRET }, false],
  ])('%s', async (_name, env, asks) => {
    const running = await start(env);
    try {
      const grants = await grantsOf(running);
      expect(grants).toContain('client_credentials');
      expect(grants.includes('urn:openid:params:grant-type:ciba')).toBe(asks);
    } finally {
      await running.stop();
    }
  });

  it('names the way out where the key is a secret', async () => {
    await expect(start({ TOKEN_SIGNATURE_JWK_BASE64: SECRET })).rejects.toThrow(
      'CIBA_CHANNEL: needs a signing key that is a key pair, for ID tokens (in the standalone: else off)',
    );
  });
});
