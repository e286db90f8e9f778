import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ConfigError } from '@mandate/ports';
import { createRuntime, readConfig } from '@mandate/service-kit';
import { createTestKey, testDirectory } from '@mandate/testing';
import { compose, tokenValidationConfig } from '@mandate/token-validation';

const folder = testDirectory();

const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

async function start(env: Record<string, string>): Promise<unknown> {
  try {
    const config = readConfig(tokenValidationConfig, { env: { LOG_LEVEL: 'silent', ...env } });
    await (await compose(config, createRuntime('test', config))).close();
    return 'started';
  } catch (error) {
    return error;
  }
}

async function issuesOf(env: Record<string, string>): Promise<string> {
  const error = await start(env);
  return error instanceof ConfigError ? error.message : String(error);
}

const issuers = JSON.stringify([{ issuer: 'https://a.example', openid: true }]);

describe('the configuration of token-validation', () => {
  it('has the ports of the wire contract and starts with trusted issuers alone', async () => {
    const config = readConfig(tokenValidationConfig, { env: {} });
    expect([config.PORT, config.MANAGEMENT_PORT, config.INTROSPECTION_REQUIRED_SCOPE]).toEqual([
      28080,
      29080,
      'introspect',
    ]);
    expect(await start({ TRUSTED_ISSUERS_FILE: file('good.json', issuers) })).toBe('started');
  });

  it.each<[string, () => Record<string, string>, RegExp]>([
    ['no issuer at all', () => ({}), /^TRUSTED_ISSUERS_FILE, ISSUER_JWK_JSON_ISSUER_URI, ISSUER_JWK_OPENID_URL: /],
    ['an unknown service', () => ({ INTROSPECTION_SERVICES: 'jwt,ldap' }), /^INTROSPECTION_SERVICES: /],
    ['openid without a URL', () => ({ ISSUER_JWK_STORE: 'openid' }), /^ISSUER_JWK_OPENID_URL: /],
    ['half of a static issuer', () => ({ ISSUER_JWK_JSON_ISSUER_URI: 'a' }), /^ISSUER_JWK_JSON_JWK_BASE64: /],
    [
      'T22 a weak static key',
      () => ({
        ISSUER_JWK_JSON_ISSUER_URI: 'a',
        ISSUER_JWK_JSON_JWK_BASE64: Buffer.from(
          JSON.stringify(createTestKey('RS256', { rsaBits: 1024 }).publicJwk),
        ).toString('base64'),
      }),
      /^ISSUER_JWK_JSON_JWK_BASE64: the key is refused: rsa_modulus$/,
    ],
    [
      'a broken issuer file',
      () => ({ TRUSTED_ISSUERS_FILE: file('bad.json', '[{"issuer":') }),
      /^TRUSTED_ISSUERS_FILE: is not JSON/,
    ],
    [
      'an issuer file with an unknown member',
      () => ({ TRUSTED_ISSUERS_FILE: file('odd.json', '[{"issuer":"a","openid":true,"x":"hush"}]') }),
      /^TRUSTED_ISSUERS_FILE: \[0\]: has the unknown member "x" \(line 1, column 34\)/,
    ],
    [
      'a missing issuer file',
      () => ({ TRUSTED_ISSUERS_FILE: join(folder, 'none.json') }),
      /^TRUSTED_ISSUERS_FILE: cannot be read \(ENOENT\)$/,
    ],
    ['a broken key', () => ({ TOKEN_SIGNATURE_JWK_BASE64: 'aHVzaA==' }), /^TOKEN_SIGNATURE_JWK_BASE64: is not JSON/],
  ])('S11 refuses %s, naming the variable and no value', async (_kind, env, message) => {
    const issues = await issuesOf(env());
    expect(issues).toMatch(message);
    expect(issues).not.toMatch(/hush|aHVz/);
  });
});
