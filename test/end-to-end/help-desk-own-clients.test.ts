import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readConfiguration } from '@mandate/service-kit';
import { standaloneConfig } from '../../services/standalone/src/config.js';
import { createFolder, startStandalone, type World } from './worlds.js';

const folder = createFolder();
const clients = [
  { clientId: 'help-desk', clientSecret: 'secret-of-the-desk', scopes: ['exchange'] },
  {
    clientId: 'asks-people',
    clientSecret: 'secret-of-my-own',
    scopes: ['read'],
    grantTypes: ['urn:openid:params:grant-type:ciba'],
  },
];
const rule = { patterns: ['urn:accounts'], audience: 'urn:accounts', scopes: ['read'], mayAskSubject: true };
const env = { CONSENT_CLIENT_ID: 'asks-people', CONSENT_CLIENT_SECRET: 'secret-of-my-own' };

let world: World;
beforeAll(async () => {
  world = await startStandalone({
    ...env,
    CLIENT_CREDENTIALS_JSON_PATH: folder.write('clients.json', clients),
    EXCHANGE_POLICY_JSON_CONFIG_PATH: folder.write('policy.json', { resources: [rule] }),
  });
});
afterAll(async () => {
  await world.stop();
  folder.remove();
});

async function post(path: string, fields: Record<string, string>): Promise<[number, Record<string, unknown>]> {
  const authorization = `Basic ${Buffer.from('help-desk:secret-of-the-desk').toString('base64')}`;
  const response = await fetch(world.tokenExchange + path, {
    method: 'POST',
    body: new URLSearchParams(fields),
    headers: { authorization },
  });
  return [response.status, (await response.json()) as Record<string, unknown>];
}

describe('the help-desk of the standalone with clients of its own', () => {
  it('asks people as the client that is configured', async () => {
    const [, { access_token: carol }] = await post('/development/token', { sub: 'carol', client_id: 'help-desk' });
    const answer = await post('/service/tokensts', {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: 'alice',
      subject_token_type: 'urn:mandate:token-type:login-hint',
      actor_token: String(carol),
      actor_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      resource: 'urn:accounts',
    });
    expect(answer).toEqual([400, expect.objectContaining({ error: 'authorization_pending' })]);
  });

  it('does not say that the client has no effect, as it has not in a service without CONSENT_URL', () => {
    const { withoutEffect } = readConfiguration(standaloneConfig, { env });
    expect(withoutEffect).toEqual([]);
  });
});
