import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestKey, signTestToken } from '@mandate/testing';
import { basic, exchangeForm, postForm } from './post-form.js';
import { type SpawnedTrio, spawnTrio, type TrioName } from './spawned-service.js';
import { createFolder } from './worlds.js';

const ISSUER = 'https://fr.example.com/tokens';
const RESOURCE = 'http://images.example.com:*/*';
const folder = createFolder();
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

const issuerSettings = { TOKEN_ISSUER: ISSUER, TOKEN_SIGNATURE_JWK_BASE64: jwkBase64 };
const trust = {
  ISSUER_JWK_STORE: 'json',
  ISSUER_JWK_JSON_ISSUER_URI: ISSUER,
  ISSUER_JWK_JSON_JWK_BASE64: jwkBase64,
};
const accounts = { INFO_ACCOUNT_PASSWORD: 'info-secret', METRICS_ACCOUNT_PASSWORD: 'metrics-secret' };
const variables: Record<TrioName, Record<string, string>> = {
  authentication: {
    ...issuerSettings,
    ...accounts,
    TOKEN_DEFAULT_EXPIRATION_SECONDS: '600',
    TOKEN_SUPPORTED_ADDITIONAL_CLAIMS: 'team',
    CLIENT_CREDENTIALS_STORE: 'json',
    CLIENT_CREDENTIALS_JSON_PATH: folder.write('clients.json', clients),
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
    EXCHANGE_POLICY_JSON_CONFIG_PATH: folder.write('policy.json', policy),
  },
};

let urls: SpawnedTrio['urls'];
let services: SpawnedTrio['services'];
let stop: () => void;
beforeAll(async () => {
  ({ urls, services, stop } = await spawnTrio(() => variables));
}, 60_000);
afterAll(() => {
  stop();
});

async function tokenOf(client: string): Promise<string> {
  const url = `${urls.authentication}/service/access_token?grant_type=client_credentials`;
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

/** The three services as processes, configured with nothing but variables of the 2018 services, addresses excepted. */
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
    await services['token-exchange'].until('"reason":"actor_not_allowed"');
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
    await services['token-exchange'].until('"reason":"may_act_mismatch"');
  });

  it('K7 publish no HMAC key', async () => {
    for (const name of ['authentication', 'token-exchange'] as const) {
      const response = await fetch(`${urls[name]}/.well-known/jwks.json`);
      expect(await response.json()).toEqual({ keys: [] });
    }
  });

  it('open the ping and metrics paths to their accounts', async () => {
    const addresses = [
      `${urls.authentication}/authn`,
      `${urls['token-validation']}/validation`,
      `${urls['token-exchange']}/exchange`,
    ];
    for (const address of addresses) {
      const get = async (page: string, account: string) =>
        (await fetch(`${address}/${page}`, { headers: { authorization: account } })).status;
      expect(await get('info/ping', basic('info', 'info-secret'))).toBe(200);
      expect(await get('metrics/prometheus', basic('metrics', 'metrics-secret'))).toBe(200);
      expect(await get('info/ping', basic('info', 'wrong'))).toBe(401);
    }
  });

  it('S5 put no token, secret or key into the output', async () => {
    const tokens = [await tokenOf('alice'), await tokenOf('bob')];
    const output = Object.values(services)
      .map((service) => service.output())
      .join('');
    expect(output).toContain('"msg":"token issued"');
    const canaries = [...tokens, 'alice-secret', 'info-secret', 'metrics-secret', jwkBase64, String(key.privateJwk.k)];
    expect(canaries.filter((canary) => output.includes(canary))).toEqual([]);
  });

  it.each(Object.keys(variables) as TrioName[])('S10 %s exits 0 on SIGTERM', async (name) => {
    services[name].child.kill('SIGTERM');
    expect(await services[name].exit).toBe(0);
  });
});
