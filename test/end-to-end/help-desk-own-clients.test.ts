import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readConfiguration } from '@mandate/service-kit';
import { standaloneConfig } from '../../services/standalone/src/config.js';
import { CIBA, basic, exchangeForm, LOGIN_HINT, postForm } from './post-form.js';
import { startStandalone, type World } from './worlds.js';

const clients = [
  { clientId: 'help-desk', clientSecret: 'secret-of-the-desk', scopes: ['exchange'] },
  {
    clientId: 'asks-people',
    clientSecret: 'secret-of-my-own',
    scopes: ['read'],
    grantTypes: [CIBA],
  },
];
const rule = { patterns: ['urn:accounts'], audience: 'urn:accounts', scopes: ['read'], mayAskSubject: true };
const env = { CONSENT_CLIENT_ID: 'asks-people', CONSENT_CLIENT_SECRET: 'secret-of-my-own' };

let world: World;
beforeAll(async () => {
  world = await startStandalone(env, { clients, policy: { resources: [rule] } });
});
afterAll(() => world.stop());

const post = (path: string, form: Record<string, string>) =>
  postForm(world.tokenExchange + path, form, basic('help-desk', 'secret-of-the-desk'));

describe('the help-desk of the standalone with clients of its own', () => {
  it('asks people as the client that is configured', async () => {
    const { body } = await post('/development/token', { sub: 'carol', client_id: 'help-desk' });
    const tokens = { subject: 'alice', actor: String(body['access_token']) };
    const fields = { subject_token_type: LOGIN_HINT, resource: 'urn:accounts' };
    const answer = await post('/service/tokensts', exchangeForm(tokens, fields));
    expect(answer).toMatchObject({ status: 400, body: { error: 'authorization_pending' } });
  });

  it('does not say that the client has no effect, as it has not in a service without CONSENT_URL', () => {
    const { withoutEffect } = readConfiguration(standaloneConfig, { env });
    expect(withoutEffect).toEqual([]);
  });
});
