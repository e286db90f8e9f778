import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { authenticationConfig, compose } from '@mandate/authentication';
import { ConfigError } from '@mandate/ports';
import { createLogger, createMetrics, readConfig } from '@mandate/service-kit';
import { createTestKey, testDirectory } from '@mandate/testing';

const directory = testDirectory();
const clients = join(directory, 'clients.json');
writeFileSync(clients, '[]');
const jwk = Buffer.from(JSON.stringify(createTestKey('ES256').privateJwk)).toString('base64');

async function start(env: Record<string, string>) {
  const config = readConfig(authenticationConfig, { env });
  const output = { write: () => undefined };
  const logger = createLogger({ level: 'silent', service: 'test', destination: output });
  const http = { send: () => Promise.reject(new Error('no network here')) };
  const metrics = createMetrics({ defaults: false });
  const service = await compose(config, { logger, output, metrics, clock: () => 0, http });
  await service.close();
  return service;
}

async function refusedVariables(env: Record<string, string>): Promise<string> {
  try {
    await start(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.issues.map(({ variable }) => variable).join(', ');
    throw error;
  }
  return 'nothing';
}

describe('the configuration of authentication', () => {
  it('needs a key to sign with and a client store, and names the variables', async () => {
    const keys = 'TOKEN_SIGNATURE_JWK_BASE64, TOKEN_SIGNATURE_JWKS_FILE, DEVELOPMENT_KEYS_DIRECTORY';
    expect(await refusedVariables({ CLIENT_CREDENTIALS_JSON_PATH: clients })).toBe(keys);
    expect(await refusedVariables({})).toBe(`${keys}, CLIENT_CREDENTIALS_JSON_PATH`);
    expect(await refusedVariables({ TOKEN_SIGNATURE_JWK_BASE64: jwk })).toBe('CLIENT_CREDENTIALS_JSON_PATH');
    expect(await refusedVariables({ TOKEN_SIGNATURE_JWK_BASE64: jwk, CLIENT_CREDENTIALS_JSON_PATH: clients })).toBe(
      'nothing',
    );
  });

  it('has generated keys for development, and refuses them in production', async () => {
    const env = { DEVELOPMENT_KEYS_DIRECTORY: join(directory, 'keys'), CLIENT_CREDENTIALS_JSON_PATH: clients };
    const [first, second] = [await start(env), await start(env)];
    expect((await first.publicJwks?.())?.keys).toHaveLength(1);
    expect(await second.publicJwks?.()).toEqual(await first.publicJwks?.());
    expect(await refusedVariables({ ...env, NODE_ENV: 'production' })).toBe('DEVELOPMENT_KEYS_DIRECTORY');
  });

  it('S11 refuses a broken client file at start, naming record and member and no value', async () => {
    const brokenFile = join(directory, 'broken.json');
    writeFileSync(brokenFile, '[{"clientId":"a","clientSecret":"hunter2","scopes":"hunter2"}]');
    const attempt = start({ TOKEN_SIGNATURE_JWK_BASE64: jwk, CLIENT_CREDENTIALS_JSON_PATH: brokenFile });
    const error = await attempt.catch((reason: unknown) => reason);
    expect(String(error)).toMatch(/CLIENT_CREDENTIALS_JSON_PATH: \[0\]\.scopes: .*line 1, column 52/);
    expect(String(error)).not.toContain('hunter2');
  });

  it.each([
    [
      'TRUSTED_PROXIES',
      ['10.1.0.0/33', '0.0.0.0/0', '10/8', 'proxy.example', '::1/129', '10.1.0.0/16,x', '1.2.3.4/8/8'],
    ],
    ['RATE_LIMIT', ['true', 'of']],
    ['RATE_LIMIT_FAILURES', ['10', '0/60', '10/0', '-1/60', '1.5/60', '10/60s', '1000000/1']],
    ['RATE_LIMIT_CLIENT', ['many']],
    ['RATE_LIMIT_ADDRESS', ['/']],
  ])('S11 refuses a %s that is none, by its name', async (variable, values) => {
    const env = { TOKEN_SIGNATURE_JWK_BASE64: jwk, CLIENT_CREDENTIALS_JSON_PATH: clients };
    for (const value of values) expect(await refusedVariables({ ...env, [variable]: value })).toBe(variable);
  });

  it('takes addresses and networks of both families as proxies', async () => {
    const TRUSTED_PROXIES = '10.1.0.0/16, 192.0.2.1,2001:db8::/32, ::1,::ffff:10.2.0.1';
    const env = { TOKEN_SIGNATURE_JWK_BASE64: jwk, CLIENT_CREDENTIALS_JSON_PATH: clients, TRUSTED_PROXIES };
    expect(await refusedVariables(env)).toBe('nothing');
  });

  it('S11 refuses a key that is none, without quoting it', async () => {
    const env = {
      TOKEN_SIGNATURE_JWK_BASE64: btoa('{"kty":"EC","d":"hunter2"}'),
      CLIENT_CREDENTIALS_JSON_PATH: clients,
    };
    expect(await refusedVariables(env)).toBe('TOKEN_SIGNATURE_JWK_BASE64');
  });
});
