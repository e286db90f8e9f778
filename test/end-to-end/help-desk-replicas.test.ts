import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { createTestKey, freePorts, until } from '@mandate/testing';
import { basic, exchangeForm, LOGIN_HINT } from './post-form.js';
import { type SpawnedService, spawnService } from './spawned-service.js';
import { createFolder, type Folder } from './worlds.js';

const DEVELOPMENT = resolve(import.meta.dirname, '../../services/standalone/development');
const HELP_DESK = basic('help-desk', 'help-desk-development');

let folder: Folder;
let authentication: SpawnedService;
let replicas: SpawnedService[];
let [asAddress, first, second]: string[] = [];
beforeAll(async () => {
  folder = createFolder();
  const [port, managementPort, ...replicaPorts] = await freePorts(6);
  asAddress = `http://127.0.0.1:${port}`;
  authentication = spawnService('standalone', {
    PORT: String(port),
    MANAGEMENT_PORT: String(managementPort),
    DEVELOPMENT_KEYS_DIRECTORY: folder.write('keys', '').replace(/keys$/, 'made-keys'),
    DEMONSTRATION: 'off',
  });
  const env = {
    TOKEN_ISSUER: 'https://exchange.example.com',
    TOKEN_SIGNATURE_JWKS_FILE: folder.write('keys.json', { keys: [createTestKey('ES256').privateJwk] }),
    TRUSTED_ISSUERS_FILE: folder.write('issuers.json', [
      { issuer: asAddress, jwksUri: `${asAddress}/.well-known/jwks.json`, own: true },
    ]),
    CLIENT_CREDENTIALS_JSON_PATH: `${DEVELOPMENT}/clients.json`,
    EXCHANGE_POLICY_JSON_CONFIG_PATH: `${DEVELOPMENT}/policy.json`,
    CONSENT_URL: asAddress,
    CONSENT_ISSUER: asAddress,
    CONSENT_CLIENT_SECRET: 'token-exchange-development',
  };
  await authentication.until('From here on the log');
  const replica = (index: number): SpawnedService => {
    const [PORT = '', MANAGEMENT_PORT = ''] = replicaPorts.slice(index * 2).map(String);
    return spawnService('token-exchange', { ...env, PORT, MANAGEMENT_PORT });
  };
  replicas = [replica(0), replica(1)];
  await Promise.all(replicas.map((one) => one.until('"ready"')));
  [first, second] = [`http://127.0.0.1:${replicaPorts[0]}`, `http://127.0.0.1:${replicaPorts[2]}`];
}, 180_000);
afterAll(() => {
  for (const one of [authentication, ...replicas]) one.child.kill('SIGKILL');
});

type Body = Record<string, unknown>;

async function post(url: string, fields: Record<string, string>, headers = {}): Promise<[number, Body]> {
  const body = new URLSearchParams(fields);
  const response = await fetch(url, { method: 'POST', body, headers: { authorization: HELP_DESK, ...headers } });
  return [response.status, (await response.json()) as Body];
}

describe('two replicas of token-exchange, with authentication elsewhere', () => {
  it('one that is killed while a call waits loses nothing: the caller goes on at the other', async () => {
    const [, { access_token: actor }] = await post(`${asAddress}/service/access_token`, {
      grant_type: 'client_credentials',
    });
    const call = exchangeForm(
      { subject: 'alice', actor: String(actor) },
      { subject_token_type: LOGIN_HINT, resource: 'https://accounts.example.com/4711' },
    );
    const [status, { auth_req_id, ...pending }] = await post(`${first}/service/tokensts`, call);
    expect({ status, pending }).toMatchObject({
      status: 400,
      pending: { error: 'authorization_pending', interval: 5 },
    });
    const again = { ...call, auth_req_id: String(auth_req_id) };
    const outcome = post(`${first}/service/tokensts`, again, { Prefer: 'wait=60' }).then(
      () => 'answered',
      () => 'cut',
    );
    await until(() => authentication.output().includes('authorization_pending'));
    replicas[0]?.child.kill('SIGKILL');
    expect(await outcome).toBe('cut');
    const [, link = ''] = /"url":"(http[^"]+bc-decision[^"]+)"/.exec(authentication.output()) ?? [];
    expect((await fetch(link)).status).toBe(200);
    const [last, { access_token: token }] = await post(`${second}/service/tokensts`, again);
    expect(last).toBe(200);
    expect(decodeJwt(String(token))).toMatchObject({ sub: 'alice', act: { sub: 'help-desk' } });
  });
});
