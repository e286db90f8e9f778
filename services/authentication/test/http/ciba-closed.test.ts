import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { createTestKey, testDirectory } from '@mandate/testing';
import { CIBA, cibaClients, startCibaWorld } from './ciba-world.js';
import { ISSUER, checkAgainstOpenApi, startAuthentication } from './start-authentication.js';

const directory = testDirectory();
const file = (content: string): string => {
  const path = join(directory, `${Math.random()}.json`);
  writeFileSync(path, content);
  return path;
};

async function metadataOf(base: string, path: string) {
  const response = await fetch(base + path);
  const body = (await response.json()) as Record<string, unknown>;
  checkAgainstOpenApi(`GET ${path}`, response, body);
  return body;
}

describe('without CIBA_CHANNEL', () => {
  it('nobody can be asked: no endpoint, no grant, nothing in the metadata', async () => {
    const service = await startAuthentication({}, { clients: cibaClients() });
    const basic = 'desk:secret';
    for (const path of [
      '/service/bc-authorize',
      '/oauth2/bc-authorize',
      '/service/bc-decision',
      '/development/bc-decision',
    ]) {
      const { status } = await service.post({ scope: 'openid', login_hint: 'alice' }, { path, basic });
      expect([path, status]).toEqual([path, 404]);
    }
    for (const grant_type of [CIBA, 'refresh_token']) {
      const { body } = await service.post({ grant_type, auth_req_id: 'x' }, { basic });
      expect(body['error']).toBe('unsupported_grant_type');
    }
    for (const path of ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration']) {
      const body = await metadataOf(service.publicUrl, path);
      expect(body['grant_types_supported']).toEqual(['client_credentials']);
      expect(Object.keys(body).filter((name) => name.startsWith('backchannel'))).toEqual([]);
    }
    await service.stop();
  });
});

describe('with CIBA_CHANNEL', () => {
  it('CIBA 4 the metadata says so', async () => {
    const world = await startCibaWorld();
    for (const path of ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration']) {
      expect(await metadataOf(world.publicUrl, path)).toMatchObject({
        backchannel_authentication_endpoint: `${ISSUER}/oauth2/bc-authorize`,
        backchannel_token_delivery_modes_supported: ['poll', 'ping'],
        backchannel_authentication_request_signing_alg_values_supported: expect.arrayContaining(['PS256', 'ES256']),
        backchannel_user_code_parameter_supported: false,
        grant_types_supported: ['client_credentials', CIBA, 'refresh_token'],
        scopes_supported: ['ciba-decide', 'delegations', 'delegations:own'],
      });
    }
    await world.stop();
  });

  it('nobody answers for a person as the development channel does, with another channel', async () => {
    const world = await startCibaWorld();
    const auth_req_id = await world.startRequest();
    for (const target of [{ auth_req_id }, { sub: 'alice' }]) {
      const { status } = await world.post({ ...target, approve: 'true' }, { path: '/development/bc-decision' });
      expect(status).toBe(404);
    }
    expect((await world.poll(auth_req_id)).body).toMatchObject({ error: 'authorization_pending' });
    await world.stop();
  });

  it.each<[string, Record<string, string>, string]>([
    ['no webhook', { CIBA_WEBHOOK_URL: '' }, 'CIBA_WEBHOOK_URL: is needed for CIBA_CHANNEL=webhook'],
    [
      'development, outside of the standalone',
      { CIBA_CHANNEL: 'development' },
      'CIBA_CHANNEL: development is for the standalone',
    ],
    ['another channel', { CIBA_CHANNEL: 'pigeon' }, 'CIBA_CHANNEL: must be one of'],
    ['an expiry beyond 600 s', { CIBA_EXPIRY_SECONDS: '601' }, 'CIBA_EXPIRY_SECONDS'],
    [
      'a people file that is not there',
      { CIBA_PEOPLE_FILE: '/nowhere/people.json' },
      'CIBA_PEOPLE_FILE: cannot be read',
    ],
    [
      'a people file that is none',
      { CIBA_PEOPLE_FILE: file('{"people":[{"name":"alice"}]}') },
      'CIBA_PEOPLE_FILE: people[0]',
    ],
    [
      'a hint of two people',
      { CIBA_PEOPLE_FILE: file('{"people":[{"sub":"a","loginHints":["x"]},{"sub":"b","loginHints":["x"]}]}') },
      'CIBA_PEOPLE_FILE: people[1].loginHints[0]: names somebody already (line 1, column',
    ],
  ])('S11 is refused at start with %s', async (_name, env, problem) => {
    await expect(startCibaWorld(env)).rejects.toThrow(problem);
  });

  it('is refused at start with a key that no client could verify an ID token by', async () => {
    const env = { CIBA_CHANNEL: 'webhook', CIBA_WEBHOOK_URL: 'https://app.example.com/ask' };
    await expect(startAuthentication(env, { key: createTestKey('HS256') })).rejects.toThrow(
      'CIBA_CHANNEL: needs a signing key',
    );
  });
});
