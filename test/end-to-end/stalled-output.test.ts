import { afterEach, describe, expect, it } from '@jest/globals';
import { verifyAuditLog } from '@mandate/service-kit';
import { freePorts, until } from '@mandate/testing';
import { basic, exchangeForm, postForm } from './post-form.js';
import { type SpawnedService, spawnService } from './spawned-service.js';
import { createFolder, type Folder, SECRET } from './worlds.js';

const TARGET = 'https://images.example.com';
/** Long, so that fewer of them fill a pipe. */
const RESOURCE = `${TARGET}${'/album'.repeat(80)}`;
/** More than any pipe holds: a line of the log and one of the audit for each. */
const EXCHANGES = 600;

let folder: Folder | undefined;
let service: SpawnedService | undefined;
afterEach(async () => {
  service?.child.kill('SIGKILL');
  await service?.exit;
});

async function startService(env: Record<string, string>) {
  folder = createFolder();
  const [port = 0, managementPort = 0] = await freePorts(2);
  const url = `http://127.0.0.1:${port}`;
  const spawnedService = spawnService('standalone', {
    PORT: String(port),
    MANAGEMENT_PORT: String(managementPort),
    DEVELOPMENT_KEYS_DIRECTORY: `${folder.path}/keys`,
    CLIENT_CREDENTIALS_JSON_PATH: folder.write('clients.json', [
      { clientId: 'alice', clientSecret: SECRET, scopes: ['read'], audiences: ['bob'] },
      { clientId: 'bob', clientSecret: SECRET, scopes: ['exchange'] },
    ]),
    EXCHANGE_POLICY_JSON_CONFIG_PATH: folder.write('policy.json', {
      resources: [{ patterns: [RESOURCE], audience: TARGET, scopes: ['read'] }],
    }),
    DEMONSTRATION: 'off',
    ...env,
  });
  service = spawnedService;
  await spawnedService.until('"msg":"ready"');
  const { body } = await postForm(
    `${url}/oauth2/token`,
    { grant_type: 'client_credentials' },
    basic('alice', encodeURIComponent(SECRET)),
  );
  const form = exchangeForm({ subject: String(body['access_token']) }, { resource: RESOURCE });
  const exchange = async () =>
    (await postForm(`${url}/oauth2/token`, form, basic('bob', encodeURIComponent(SECRET)))).status;
  return { spawnedService, exchange, readiness: async () => (await fetch(`${url}/readyz`)).status };
}

async function exchangeAll(exchange: () => Promise<number>): Promise<number[]> {
  const statuses: number[] = [];
  for (let count = 0; count < EXCHANGES; count += 20) {
    statuses.push(...(await Promise.all(Array.from({ length: 20 }, exchange))));
  }
  return statuses;
}

/** Reads on, stops the service, and says what is on its standard output. */
async function readToTheEnd(spawnedService: SpawnedService) {
  spawnedService.child.stdout?.resume();
  spawnedService.child.kill('SIGTERM');
  expect(await spawnedService.exit).toBe(0);
  const lines = spawnedService
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{'));
  for (const line of lines) expect(() => JSON.parse(line) as unknown).not.toThrow();
  return verifyAuditLog(lines, { mixed: true });
}

describe('a reader of standard output that stands still', () => {
  it('stops no request, and finds every line when it reads on', async () => {
    const { spawnedService, exchange } = await startService({});
    spawnedService.child.stdout?.pause();
    const statuses = await exchangeAll(exchange);
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(spawnedService.lines().length).toBeLessThan(EXCHANGES);
    const verdict = await readToTheEnd(spawnedService);
    expect(verdict).toMatchObject({ ok: true, events: EXCHANGES + 1, problems: [], warnings: [] });
  });

  it('with AUDIT_REQUIRED=true no decision is answered until it reads on: 503, and not ready', async () => {
    const { spawnedService, exchange, readiness } = await startService({ AUDIT_REQUIRED: 'true' });
    spawnedService.child.stdout?.pause();
    expect(new Set(await exchangeAll(exchange))).toEqual(new Set([200, 503]));
    expect([await exchange(), await readiness()]).toEqual([503, 503]);
    spawnedService.child.stdout?.resume();
    await until(async () => (await readiness()) === 200);
    expect(await exchange()).toBe(200);
    expect(await readToTheEnd(spawnedService)).toMatchObject({ ok: true, problems: [], warnings: [] });
  });

  it('does not keep the process from stopping', async () => {
    const { spawnedService, exchange } = await startService({});
    spawnedService.child.stdout?.pause();
    await exchangeAll(exchange);
    spawnedService.child.kill('SIGTERM');
    const { exitCode } = await new Promise<{ exitCode: number | null }>((resolve) => {
      spawnedService.child.once('exit', (code) => resolve({ exitCode: code }));
    });
    expect(exitCode).toBe(0);
  });
});
