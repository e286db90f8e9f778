import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestKey, signTestToken, freePorts } from '@mandate/testing';
import { basic, exchangeForm, postForm } from './post-form.js';
import { type ServiceName, type SpawnedService, spawnService } from './spawned-service.js';

/** The three services as processes, configured with nothing but variables of the 2018 services, addresses excepted. */
const ISSUER = 'https://fr.example.com/tokens';
const RESOURCE = 'http://images.example.com:*/*';
const folder = mkdtempSync(join(tmpdir(), 'mandate-ims-'));
const key = createTestKey('HS256');
/** An OCT key in standard base64, written the way the 2018 samples write it. */
const jwkBase64 = Buffer.from(JSON.stringify({ ...key.privateJwk, kty: 'OCT', use: 'sig' })).toString('base64');

const clients = [
  { clientId: 'alice', clientSecret: 'alice-secret', scopes: ['read'], audiences: ['bob', 'mallory'] },
  { clientId: 'bob', clientSecret: 'bob-secret', scopes: ['exchange', 'introspect'], attributes: { team: 'photos' } },
  { clientId: 'mallory', clientSecret: 'mallory-secret', scopes: ['exchange'] },
];
const policy = {
  resources: [
    {
      patterns: [RESOURCE],
      audience: 'https://images.example.com',
      scopes: ['read'],
      expirationSeconds: 120,
      allowedActors: ['bob'],
      additionalClaims: null,
    },
  ],
};

function file(name: string, content: unknown): string {
  writeFileSync(join(folder, name), JSON.stringify(content));
  return join(folder, name);
}

const issuerSettings = { TOKEN_ISSUER: ISSUER, TOKEN_SIGNATURE_JWK_BASE64: jwkBase64 };
const trust = {
  ISSUER_JWK_STORE: 'json',
  ISSUER_JWK_JSON_ISSUER_URI: ISSUER,
  ISSUER_JWK_JSON_JWK_BASE64: jwkBase64,
};
const accounts = { INFO_ACCOUNT_PASSWORD: 'info-secret', METRICS_ACCOUNT_PASSWORD: 'metrics-secret' };
const variables: Record<Exclude<ServiceName, 'standalone'>, Record<string, string>> = {
  authentication: {
    ...issuerSettings,
    ...accounts,
    TOKEN_DEFAULT_EXPIRATION_SECONDS: '600',
    TOKEN_SUPPORTED_ADDITIONAL_CLAIMS: 'team',
    CLIENT_CREDENTIALS_STORE: 'json',
    CLIENT_CREDENTIALS_JSON_PATH: file('clients.json', clients),
    CLIENT_SECRET_SECURITY_SCHEME: 'none',
  },
  'token-validation': {
    ...trust,
    ...accounts,
    INTROSPECTION_SERVICES: 'json',
    INTROSPECTION_REQUIRED_SCOPE: 'introspect',
  },
  'token-exchange': {
    ...issuerSettings,
    ...trust,
    ...accounts,
    TOKEN_EXCHANGE_REQUIRED_SCOPE: 'exchange',
    TOKEN_EXCHANGE_POLICIES: 'json',
    EXCHANGE_POLICY_JSON_CONFIG_PATH: file('policy.json', policy),
  },
};

const processes: Record<string, SpawnedService> = {};
const urls: Record<string, string> = {};
beforeAll(async () => {
  const ports = await freePorts(6);
  for (const [index, [name, env]] of Object.entries(variables).entries()) {
    const [port, managementPort] = ports.slice(2 * index);
    const own = { ...env, PORT: String(port), MANAGEMENT_PORT: String(managementPort) };
    processes[name] = spawnService(name as ServiceName, own);
    urls[name] = `http://127.0.0.1:${port}`;
  }
  await Promise.all(Object.values(processes).map((service) => service.until('"msg":"ready"')));
}, 60_000);
afterAll(() => {
  for (const { child } of Object.values(processes)) child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

async function tokenOf(client: string): Promise<string> {
  const url = `${urls['authentication']}/service/access_token?grant_type=client_credentials`;
  const { status, body } = await postForm(url, '', basic(client, `${client}-secret`));
  expect(status).toBe(200);
  return String(body['access_token']);
}

const exchange = (tokens: { subject: string; actor: string }) =>
  postForm(
    `${urls['token-exchange']}/service/tokensts`,
    exchangeForm(tokens, { resource: RESOURCE, scope: 'read' }),
    `Bearer ${tokens.actor}`,
  );

const introspect = (token: string, bearer: string) =>
  postForm(`${urls['token-validation']}/service/introspect`, { token }, `Bearer ${bearer}`);

describe('the variables of the 2018 services', () => {
  it('let Bob act for Alice, and Mallory not', async () => {
    const [alice, bob, mallory] = await Promise.all([tokenOf('alice'), tokenOf('bob'), tokenOf('mallory')]);
    const { status, body } = await exchange({ subject: alice, actor: bob });
    expect({ status, scope: body['scope'], expires: body['expires_in'] }).toEqual({
      status: 200,
      scope: 'read',
      expires: 120,
    });
    const introspection = await introspect(String(body['access_token']), bob);
    expect(introspection.body).toMatchObject({
      active: true,
      iss: ISSUER,
      sub: 'alice',
      act: { sub: 'bob' },
      aud: 'https://images.example.com',
    });
    expect((await introspect(bob, await tokenOf('bob'))).body).toMatchObject({ active: true, team: 'photos' });
    const refusal = await exchange({ subject: alice, actor: mallory });
    expect([refusal.status, refusal.body['error']]).toEqual([400, 'invalid_request']);
    await processes['token-exchange']?.until('"reason":"actor_not_allowed"');
  });

  it("let Alice's own word bind: a may_act of the configured issuer that names somebody else", async () => {
    const now = Math.floor(Date.now() / 1000);
    const subject = signTestToken(key, {
      iss: ISSUER,
      sub: 'alice',
      aud: 'bob',
      client_id: 'portal',
      scope: 'read',
      iat: now,
      exp: now + 60,
      jti: 'alice-1',
      may_act: { sub: 'carol' },
    });
    expect((await exchange({ subject, actor: await tokenOf('bob') })).status).toBe(400);
    await processes['token-exchange']?.until('"reason":"may_act_mismatch"');
  });

  it('K7 publish no HMAC key', async () => {
    for (const name of ['authentication', 'token-exchange']) {
      const response = await fetch(`${urls[name]}/.well-known/jwks.json`);
      expect(await response.json()).toEqual({ keys: [] });
    }
  });

  it('open the ping and metrics paths to their accounts', async () => {
    const paths = { authentication: 'authn', 'token-validation': 'validation', 'token-exchange': 'exchange' };
    for (const [name, path] of Object.entries(paths)) {
      const get = async (page: string, account: string) =>
        (await fetch(`${urls[name]}/${path}/${page}`, { headers: { authorization: account } })).status;
      expect(await get('info/ping', basic('info', 'info-secret'))).toBe(200);
      expect(await get('metrics/prometheus', basic('metrics', 'metrics-secret'))).toBe(200);
      expect(await get('info/ping', basic('info', 'wrong'))).toBe(401);
    }
  });

  it('S5 put no token, secret or key into the output', async () => {
    const tokens = [await tokenOf('alice'), await tokenOf('bob')];
    const output = Object.values(processes)
      .map((service) => service.output())
      .join('');
    expect(output).toContain('"msg":"token issued"');
    const canaries = [...tokens, 'alice-secret', 'info-secret', 'metrics-secret', jwkBase64, String(key.privateJwk.k)];
    expect(canaries.filter((canary) => output.includes(canary))).toEqual([]);
  });

  it.each(Object.keys(variables))('S10 %s exits 0 on SIGTERM', async (name) => {
    processes[name]?.child.kill('SIGTERM');
    expect(await processes[name]?.exit).toBe(0);
  });
});
