import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { freePorts } from '@mandate/testing';
import { type ServiceName, type SpawnedService, spawnService } from './spawned-service.js';

/** A value that must not be seen again. */
const CANARY = 'hunter2-canary';

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

/** Whether the port was open at any time until the process ended. */
async function everListened({ child }: SpawnedService, port: number): Promise<boolean> {
  let listened = await canConnect(port);
  while (child.exitCode === null && child.signalCode === null) {
    listened ||= await canConnect(port);
    await delay(10);
  }
  return listened || canConnect(port);
}

interface Refused {
  name: ServiceName;
  fault: string;
  env: Record<string, string>;
  variables: string[];
}

const starts: Refused[] = [
  {
    name: 'authentication',
    fault: 'has a signing key that is none, and no clients',
    env: { TOKEN_SIGNATURE_JWK_BASE64: CANARY },
    variables: ['TOKEN_SIGNATURE_JWK_BASE64', 'CLIENT_CREDENTIALS_JSON_PATH'],
  },
  {
    name: 'token-validation',
    fault: 'trusts nobody',
    env: { INFO_ACCOUNT_PASSWORD: CANARY },
    variables: ['TRUSTED_ISSUERS_FILE', 'ISSUER_JWK_JSON_ISSUER_URI', 'ISSUER_JWK_OPENID_URL'],
  },
  {
    name: 'token-exchange',
    fault: 'has two values that are none',
    env: { TOKEN_EXCHANGE_POLICIES: CANARY, ACT_MAX_DEPTH: CANARY },
    variables: ['TOKEN_EXCHANGE_POLICIES', 'ACT_MAX_DEPTH'],
  },
  {
    name: 'token-exchange',
    fault: 'has a variable that is misspelt, and is to be strict about it',
    env: { CONFIG_STRICT: 'true', TOKEN_EXCHANGE_POLICY: CANARY },
    variables: ['TOKEN_EXCHANGE_POLICY'],
  },
  {
    name: 'standalone',
    fault: 'runs in production',
    env: { NODE_ENV: 'production', INFO_ACCOUNT_PASSWORD: CANARY },
    variables: ['NODE_ENV'],
  },
];

describe('a configuration that cannot be used', () => {
  it.each(starts)('S11 $name $fault: exit 78 naming the variables, nothing listens', async (one) => {
    const [port = 0, managementPort = 0] = await freePorts(2);
    const env = { ...one.env, PORT: String(port), MANAGEMENT_PORT: String(managementPort) };
    const service = spawnService(one.name, env);
    expect(await everListened(service, port)).toBe(false);
    expect(await service.exit).toBe(78);
    const line = service.lines().at(-1);
    expect(line).toMatchObject({ level: 'error', msg: 'configuration refused', exitCode: 78 });
    expect(String(line?.['variables']).split(', ').sort()).toEqual([...one.variables].sort());
    expect(service.output()).not.toContain(CANARY);
  });
});
