import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { testDirectory, until } from '@mandate/testing';
import { chmod, cp } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type ServiceName, docker, imageOf, run } from './docker.js';

const root = resolve(import.meta.dirname, '../..');
const CONFIG = '/etc/mandate';

const environments: Record<ServiceName, Record<string, string>> = {
  authentication: {
    TOKEN_SIGNATURE_JWKS_FILE: `${CONFIG}/signing.jwks.json`,
    CLIENT_CREDENTIALS_JSON_PATH: `${CONFIG}/clients.json`,
  },
  'token-validation': { TRUSTED_ISSUERS_FILE: `${CONFIG}/trusted-issuers.compose.json` },
  'token-exchange': {
    TOKEN_SIGNATURE_JWKS_FILE: `${CONFIG}/signing.jwks.json`,
    TRUSTED_ISSUERS_FILE: `${CONFIG}/trusted-issuers.compose.json`,
    TOKEN_EXCHANGE_POLICIES: 'json',
    DEFAULT_ACTOR_ISSUERS: 'http://authentication:8080',
    EXCHANGE_POLICY_JSON_CONFIG_PATH: `${CONFIG}/policy.json`,
  },
};

const config = testDirectory();
let container: string | undefined;

beforeAll(async () => {
  await cp(join(root, 'config/development'), config, { recursive: true });
  await run('npx', ['tsx', 'scripts/generate-keys.ts', join(config, 'signing.jwks.json')]);
  // For the user of the container; the key is of this run alone.
  await chmod(config, 0o755);
  await chmod(join(config, 'signing.jwks.json'), 0o644);
});
afterEach(async () => {
  if (container !== undefined) await docker('rm', '--force', container);
  container = undefined;
});

/** With nothing but its image: no write access, no capability, no new privilege. */
async function start(service: ServiceName): Promise<string> {
  const variables = { TOKEN_ISSUER: `http://${service}:8080`, SHUTDOWN_DRAIN_SECONDS: '0', ...environments[service] };
  const env = Object.entries(variables).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
  const bounds = ['--read-only', '--cap-drop=ALL', '--security-opt=no-new-privileges', '--memory=256m'];
  const ports = ['--publish=127.0.0.1::8080', '--publish=127.0.0.1::9090'];
  const mount = ['--volume', `${config}:${CONFIG}:ro`];
  return docker('run', '--detach', ...bounds, ...ports, ...mount, ...env, imageOf(service));
}

async function addressOf(id: string, port: number): Promise<string> {
  return `http://${await docker('port', id, `${port}/tcp`)}`;
}

describe.each(Object.keys(environments) as ServiceName[])('a container of %s', (service) => {
  it('becomes ready and healthy on a read-only root without capabilities, and leaves on SIGTERM', async () => {
    container = await start(service);
    const management = await addressOf(container, 9090);
    await until(async () => (await fetch(`${management}/readyz`)).ok, { deadlineSeconds: 120 });
    const startMs = Date.parse(await docker('inspect', '--format={{.State.StartedAt}}', container));
    process.stdout.write(`${service}: ready ${((Date.now() - startMs) / 1000).toFixed(1)} s after its start\n`);

    expect((await fetch(`${await addressOf(container, 8080)}/livez`)).status).toBe(200);
    const id = container;
    const health = (): Promise<string> => docker('inspect', '--format={{.State.Health.Status}}', id);
    await until(async () => (await health()) === 'healthy', { deadlineSeconds: 120 });

    await docker('stop', '--time=120', container);
    expect(await docker('inspect', '--format={{.State.ExitCode}}', container)).toBe('0');
  });
});
