import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { createLogger, readConfig, type Service } from '@mandate/service-kit';
import { startOnLoopback } from '@mandate/service-kit/testing';
import { createTestKey, testDirectory, until } from '@mandate/testing';
import { reportAskingClient } from '../src/asking-client.js';
import { compose } from '../src/compose.js';
import { standaloneConfig } from '../src/config.js';

const directory = testDirectory();

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

  it('C9 goes on asking people while somebody guesses the secret that it asks with', async () => {
    const running = await start({});
    const post = async (path: string, form: Record<string, string>, basic: string) => {
      const headers = { Authorization: `Basic ${btoa(basic)}` };
      const body = new URLSearchParams(form);
      const response = await fetch(running.publicUrl + path, { method: 'POST', headers, body });
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    };
    try {
      const guess = () => post('/oauth2/token', { grant_type: 'client_credentials' }, 'token-exchange:wrong');
      await until(async () => (await guess()).status === 429);
      const agent = await post('/development/token', { sub: 'carol', client_id: 'help-desk' }, 'x:x');
      const call = {
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token_type: 'urn:mandate:token-type:login-hint',
        subject_token: 'alice',
        actor_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        actor_token: String(agent.body['access_token']),
        resource: 'https://accounts.example.com/4711',
        scope: 'read',
      };
      const { status, body } = await post('/service/tokensts', call, 'help-desk:help-desk-development');
      expect([status, body['error']]).toEqual([400, 'authorization_pending']);
    } finally {
      await running.stop();
    }
  });

  it('names the way out where the key is a secret', async () => {
    await expect(start({ TOKEN_SIGNATURE_JWK_BASE64: SECRET })).rejects.toThrow(
      'CIBA_CHANNEL: needs a signing key that is a key pair, for ID tokens (in the standalone: else off)',
    );
  });

  const CIBA = 'urn:openid:params:grant-type:ciba';
  const writeClients = (name: string, client: object): string => {
    const path = join(directory, name);
    writeFileSync(path, JSON.stringify([{ clientSecret: 'secret', scopes: ['read'], ...client }]));
    return path;
  };

  it.each<[string, { client: object; env: Record<string, string>; reason: string }]>([
    ['without the client', { client: { clientId: 'other' }, env: {}, reason: 'no client has this id and this secret' }],
    [
      'where it has another secret',
      {
        client: { clientId: 'token-exchange', grantTypes: [CIBA] },
        env: { CONSENT_CLIENT_SECRET: 'another' },
        reason: 'no client has this id and this secret',
      },
    ],
    [
      'where it may not ask',
      {
        client: { clientId: 'asks', grantTypes: ['client_credentials'] },
        env: { CONSENT_CLIENT_ID: 'asks', CONSENT_CLIENT_SECRET: 'secret' },
        reason: `the record of this client does not have ${CIBA} in grantTypes`,
      },
    ],
  ])('says at start, by name, what keeps it from asking: a client file %s', async (name, { client, env, reason }) => {
    const running = await start({ CLIENT_CREDENTIALS_JSON_PATH: writeClients(`${name}.json`, client), ...env });
    try {
      const warning = (): string | undefined => running.logLines.find((line) => line.includes('nobody can be asked'));
      await until(() => warning() !== undefined);
      const { CONSENT_CLIENT_ID: id = 'token-exchange' } = env;
      const variables = 'CONSENT_CLIENT_ID, CONSENT_CLIENT_SECRET';
      const problem = expect.stringContaining('CIBA_CHANNEL=off');
      expect(JSON.parse(warning() ?? '')).toMatchObject({ level: 'warn', variables, client: id, reason, problem });
    } finally {
      await running.stop();
    }
  });

  it('says nothing of a client that may ask', async () => {
    let services: Service[] = [];
    const config = readConfig(standaloneConfig, { env: { DEVELOPMENT_KEYS_DIRECTORY: directory } });
    const running = await startOnLoopback(async (runtime) => (services = await compose(config, runtime)));
    const [authentication] = services;
    const lines: string[] = [];
    const logger = createLogger({ level: 'info', service: 'test', destination: { write: (line) => lines.push(line) } });
    const secret = 'token-exchange-development';
    const client = { clientId: 'token-exchange', secret };
    await reportAskingClient({ service: () => authentication, client }, logger);
    expect(lines.filter((line) => line.includes('nobody can be asked'))).toEqual([]);
    await reportAskingClient({ service: () => authentication, client: { ...client, secret: 'wrong' } }, logger);
    expect(lines.filter((line) => line.includes('nobody can be asked'))).toHaveLength(1);
    await running.stop();
  });
});

describe('what people had until a cut-off', () => {
  it('cannot be refreshed later on: by default a cut-off is kept for as long as a refresh token lasts', () => {
    const config = readConfig(standaloneConfig, { env: { DEVELOPMENT_KEYS_DIRECTORY: directory } });
    const { REVOCATION_RETENTION_SECONDS: kept, REFRESH_TOKEN_EXPIRATION_SECONDS: refreshable } = config;
    expect(kept).toBeGreaterThanOrEqual(refreshable);
  });
});
