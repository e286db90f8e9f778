import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Environment } from '@mandate/service-kit';
import type { LoopbackService } from '@mandate/service-kit/testing';
import { type LoopbackServer, createTestKey, startLoopbackServer } from '@mandate/testing';
import { startService } from './start-service.js';
import { type Folder, createFolder } from './worlds.js';

/** Whether the calls give up when a probe does, as by default, or long after everybody. */
const PATIENCE = [{ UPSTREAM_TIMEOUT_MS: '1000' }, { UPSTREAM_TIMEOUT_MS: '60000' }];
const ACCOUNT = { EXCHANGE_OPENAM_AUTH_SUBJECT_ID: 'mandate', EXCHANGE_OPENAM_AUTH_SUBJECT_PASSWORD: 'a password' };

/** Takes every request and answers none. */
let hole: LoopbackServer;
let folder: Folder;
let service: LoopbackService | undefined;
beforeEach(async () => {
  [hole, folder] = [await startLoopbackServer(() => undefined), createFolder()];
});
afterEach(async () => {
  await service?.stop();
  service = undefined;
  await hole.close();
});

async function start(name: Parameters<typeof startService>[0], env: Environment): Promise<LoopbackService> {
  return startService(name, {
    TOKEN_SIGNATURE_JWKS_FILE: folder.write('signing.json', { keys: [createTestKey('ES256').privateJwk] }),
    EXCHANGE_POLICY_JSON_CONFIG_PATH: folder.write('policy.json', { resources: [] }),
    CLIENT_CREDENTIALS_JSON_PATH: folder.write('clients.json', []),
    ...env,
  });
}

/** The variables, those that are paths at the black hole. */
function towardsHole(variables: Readonly<Record<string, string>>): Environment {
  const entries = Object.entries(variables).map(([name, value]): [string, string] => [
    name,
    value.startsWith('/') ? `${hole.origin}${value}` : value,
  ]);
  return Object.fromEntries(entries);
}

interface Readiness {
  status: string;
  parts: Record<string, { ready: boolean; degraded?: boolean; detail?: string }>;
}

async function readiness({ managementUrl }: LoopbackService): Promise<[number, Readiness]> {
  const response = await fetch(`${managementUrl}/readyz?verbose`);
  return [response.status, (await response.json()) as Readiness];
}

describe.each(PATIENCE)('/readyz, with calls that give up after $UPSTREAM_TIMEOUT_MS ms, while', (patience) => {
  it.each(['token-validation', 'token-exchange'] as const)(
    'two issuers of %s hang, is ready and names them, and no other',
    async (name) => {
      const [keys, openid] = [`${hole.origin}/keys`, `${hole.origin}/openid`];
      const own = { issuer: 'https://known.example', jwks: { keys: [createTestKey('ES256').publicJwk] } };
      const records = [own, { issuer: 'https://keys.example', jwksUri: keys }, { issuer: openid, openid: true }];
      service = await start(name, { ...patience, TRUSTED_ISSUERS_FILE: folder.write('issuers.json', records) });
      const [code, { status, parts }] = await readiness(service);
      expect([code, status]).toEqual([200, 'degraded']);
      expect(parts['trusted-issuers']).toEqual({
        ready: true,
        degraded: true,
        detail: `keys not fetched of https://keys.example: timeout, ${openid}: timeout`,
      });
      for (const [part, answer] of Object.entries(parts)) {
        if (part !== 'trusted-issuers') expect([part, answer]).toEqual([part, { ready: true }]);
      }
    },
  );

  it.each([
    ['policy:opa', { TOKEN_EXCHANGE_POLICIES: 'opa', EXCHANGE_POLICY_OPA_URL: '/v1/data/x' }],
    [
      'policy:openam',
      { TOKEN_EXCHANGE_POLICIES: 'openam', EXCHANGE_OPENAM_AUTH_URL: '/json/authenticate', ...ACCOUNT },
    ],
  ])('%s hangs, is ready and degraded by that part alone', async (part, variables: Record<string, string>) => {
    service = await start('token-exchange', { ...patience, ...towardsHole(variables) });
    const [code, { status, parts }] = await readiness(service);
    expect([code, status]).toEqual([200, 'degraded']);
    expect(parts[part]).toMatchObject({ ready: true, degraded: true });
    expect(parts[part]?.detail).toMatch(/^timeout|^no answer in time$/);
    expect(parts['trusted-issuers']).toEqual({ ready: true });
  });

  it.each([
    ['token-exchange', 'policy:jwt', { TOKEN_EXCHANGE_POLICIES: 'jwt', EXCHANGE_JWT_INTROSPECT_URL: '/introspect' }],
    ['token-exchange', 'sessions:openam', { INTROSPECTION_OPENAM_SESSION_URL: '/json/sessions' }],
    [
      'token-validation',
      'introspection:openam',
      { INTROSPECTION_SERVICES: 'jwt,openam', INTROSPECTION_OPENAM_SESSION_URL: '/json/sessions' },
    ],
    ['token-exchange', 'claims', { CLAIMS_PROVIDER_URL: '/claims' }],
    ['token-exchange', 'consent', { CONSENT_URL: '/' }],
    ['authentication', 'token-exchange', { ACT_AS_EXCHANGE_URL: '/oauth2/token' }],
    ['authentication', 'device:webhook', { CIBA_CHANNEL: 'webhook', CIBA_WEBHOOK_URL: '/ask' }],
    [
      'authentication',
      'device:openid',
      { CIBA_CHANNEL: 'openid', CIBA_OPENID_ISSUER: '/provider', CIBA_OPENID_CLIENT_ID: 'mandate' },
    ],
  ] as const)('what %s asks when it is asked hangs (%s), is ready: requests tell', async (name, part, variables) => {
    service = await start(name, { ...patience, ...towardsHole(variables) });
    const [code, { status, parts }] = await readiness(service);
    expect([code, status, parts[part]]).toEqual([200, 'ready', { ready: true }]);
  });

  it.each(['redis://', 'redis+sentinel://', 'redis+cluster://'])(
    '%s hangs, starts, is alive, is not ready and names it, with its own answer for every other part',
    async (scheme) => {
      const master = scheme.includes('sentinel') ? '/mandate' : '';
      const REDIS_URL = `${hole.origin.replace('http://', scheme)}${master}`;
      service = await start('token-validation', { ...patience, REDIS_URL });
      const [code, { status, parts }] = await readiness(service);
      expect([code, status, parts['redis']?.ready]).toEqual([503, 'not ready', false]);
      expect(parts['trusted-issuers']).toEqual({ ready: true });
      expect((await fetch(`${service.managementUrl}/livez`)).status).toBe(200);
      const logLines = service.logLines.filter((line) => line.includes('redis connection lost'));
      expect(logLines).toHaveLength(1);
    },
  );
});
