import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { freePorts } from './free-ports.js';
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
async function everListened({ exited }: SpawnedService, port: number): Promise<boolean> {
  let ended = false;
  void exited.then(() => (ended = true));
  let listened = false;
  while (!ended) {
    listened ||= await canConnect(port);
    await delay(10);
  }
  return listened || (await canConnect(port));
}

const cases: [ServiceName, string, Record<string, string>, string][] = [
  [
    ...(['authentication', 'has a signing key that is none'] as const),
    { TOKEN_SIGNATURE_JWK_BASE64: CANARY },
    'TOKEN_SIGNATURE_JWK_BASE64',
  ],
  ['token-validation', 'trusts nobody', { INFO_ACCOUNT_PASSWORD: CANARY }, 'TRUSTED_ISSUERS_FILE'],
  [
    ...(['token-exchange', 'names a policy backend there is not'] as const),
    { TOKEN_EXCHANGE_POLICIES: CANARY, ACT_MAX_DEPTH: CANARY },
    'ACT_MAX_DEPTH, TOKEN_EXCHANGE_POLICIES',
  ],
  ['standalone', 'runs in production', { NODE_ENV: 'production', INFO_ACCOUNT_PASSWORD: CANARY }, 'NODE_ENV'],
];

describe('a configuration that cannot be used', () => {
  it.each(cases)('S11 %s %s: exit 78 naming the variable, nothing listens', async (name, _what, env, variable) => {
    const [port = 0, managementPort = 0] = await freePorts(2);
    const service = spawnService(name, { ...env, PORT: String(port), MANAGEMENT_PORT: String(managementPort) });
    expect(await everListened(service, port)).toBe(false);
    expect(await service.exited).toBe(78);
    const refusal = service.lines().at(-1);
    expect(refusal).toMatchObject({ level: 'error', msg: 'configuration refused', exitCode: 78 });
    expect(String(refusal?.['variables']).split(', ')).toEqual(expect.arrayContaining(variable.split(', ')));
    expect(service.output()).not.toContain(CANARY);
  });
});
