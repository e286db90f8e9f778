import { execFileSync } from 'node:child_process';
import { request } from 'node:http';
import { type Socket, connect } from 'node:net';
import { afterAll, describe, expect, it } from '@jest/globals';
import { createTestKey, freePorts, prlimitProgram, startRealPart, until } from '@mandate/testing';
import { basic, postForm } from './post-form.js';
import { type SpawnedService, spawnService } from './spawned-service.js';
import { createFolder } from './worlds.js';

/** More than it has open when it serves; as many connections leave none. */
const DESCRIPTORS = 100;

const prlimit = (await startRealPart(prlimitProgram, process.env))?.address ?? '';

(prlimit === '' ? describe.skip : describe)('a service without a file descriptor left', () => {
  const folder = createFolder();
  let started: SpawnedService | undefined;
  afterAll(async () => {
    started?.child.kill('SIGKILL');
    await started?.exit;
  });
  const writeClients = (secret: string): string =>
    folder.write('clients.json', [{ clientId: 'app', clientSecret: secret, scopes: ['introspect'] }]);

  it('serves the connections it has, and afterwards new ones, and reads the file that it could not', async () => {
    const [port, managementPort] = await freePorts(2);
    const url = `http://127.0.0.1:${port}`;
    const service = (started = spawnService('authentication', {
      PORT: String(port),
      MANAGEMENT_PORT: String(managementPort),
      TOKEN_ISSUER: 'https://mandate.example.com',
      TOKEN_SIGNATURE_JWKS_FILE: folder.write('keys.json', { keys: [createTestKey('ES256').privateJwk] }),
      CLIENT_CREDENTIALS_JSON_PATH: writeClients('former'),
      RELOAD_INTERVAL_SECONDS: '1',
    }));
    await service.until('"msg":"ready"');
    const issue = async (secret: string): Promise<number> =>
      (await postForm(`${url}/service/access_token`, { grant_type: 'client_credentials' }, basic('app', secret)))
        .status;
    expect(await issue('former')).toBe(200);

    execFileSync(prlimit, ['--pid', String(service.child.pid), `--nofile=${DESCRIPTORS}:`]);
    const idle = Array.from({ length: DESCRIPTORS }, () => openConnection(port));
    await until(() => idle.some(({ closed }) => closed));
    writeClients('current');
    await service.until('cannot be read (EMFILE)');
    expect(await issue('former')).toBe(200);
    await expect(connectAnew(url)).rejects.toThrow();

    for (const socket of idle) socket.destroy();
    await until(async () => (await issue('current')) === 200);
    expect(await connectAnew(url)).toBe(200);
    expect(service.output().match(/file not reloaded/g)).toHaveLength(1);
    service.child.kill('SIGTERM');
    expect(await service.exit).toBe(0);
  });
});

/** One that has had its answer, and is kept for a minute. */
function openConnection(port = 0): Socket {
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  socket.write('GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
  return socket.resume();
}

/** The status over a connection of its own. */
function connectAnew(url: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(`${url}/livez`, { agent: false }, (response) => resolve(response.resume().statusCode))
      .on('error', reject)
      .end();
  });
}
