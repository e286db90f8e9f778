import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type CryptoKey, importJWK } from 'jose';
import * as openid from 'openid-client';
import { createTestKey } from '@mandate/testing';
import { IMAGES, startStandalone, type World } from './worlds.js';
import { CIBA } from './post-form.js';

const KEY = createTestKey('ES256');
const AGREED = { type: 'act_on_behalf', actor: { sub: 'bob' }, scopes: ['read'], locations: [IMAGES] };

let world: World;
beforeAll(async () => {
  const grants = { scopes: ['read'], grantTypes: [CIBA, 'refresh_token'] };
  const clients = [
    { clientId: 'desk', clientSecret: 'secret', ...grants },
    { clientId: 'keyed', jwks: { keys: [KEY.publicJwk] }, tokenEndpointAuthMethod: 'private_key_jwt', ...grants },
  ];
  world = await startStandalone({ CIBA_CHANNEL: 'development', CIBA_MAX_OPEN_REQUESTS: '6' }, { clients });
});
afterAll(() => world.stop());

/** A client by OpenID discovery, which is all the configuration it gets. */
function discover(clientId: string, method?: openid.ClientAuth) {
  return openid.discovery(
    new URL(world.authentication),
    clientId,
    'secret',
    method ?? openid.ClientSecretBasic('secret'),
    {
      // eslint-disable-next-line @typescript-eslint/no-deprecated -- marked so to stand out; this is loopback
      execute: [openid.allowInsecureRequests],
    },
  );
}

const answer = (authReqId: string, approve: string) =>
  fetch(`${world.authentication}/development/bc-decision?auth_req_id=${authReqId}&approve=${approve}`);

describe('openid-client asks people unmodified', () => {
  it('CIBA polls until the person has agreed, verifies the ID token, and refreshes', async () => {
    const client = await discover('desk');
    const question = await openid.initiateBackchannelAuthentication(client, {
      scope: 'openid',
      login_hint: 'alice',
      binding_message: 'W-4711',
      authorization_details: JSON.stringify([AGREED]),
    });
    expect(question).toMatchObject({ expires_in: 120, interval: 5 });
    const pendingTokens = openid.pollBackchannelAuthenticationGrant(client, question);
    expect((await answer(question.auth_req_id, 'allow')).status).toBe(200);
    const tokens = await pendingTokens;
    expect(tokens.claims()).toMatchObject({ sub: 'alice', aud: 'desk', iss: world.authentication });
    expect(tokens.scope).toBe('openid read');
    const newTokens = await openid.refreshTokenGrant(client, tokens.refresh_token ?? '');
    expect(newTokens.claims()?.sub).toBe('alice');
    expect(newTokens.refresh_token).not.toBe(tokens.refresh_token);
  });

  it('CIBA 11 reads a refusal as an OAuth error, as a client that authenticates by private_key_jwt', async () => {
    const key = (await importJWK(KEY.privateJwk, 'ES256')) as CryptoKey;
    const client = await discover('keyed', openid.PrivateKeyJwt({ key, kid: KEY.kid }));
    const question = await openid.initiateBackchannelAuthentication(client, { scope: 'openid', login_hint: 'alice' });
    expect((await answer(question.auth_req_id, 'deny')).status).toBe(200);
    await expect(openid.pollBackchannelAuthenticationGrant(client, question)).rejects.toMatchObject({
      error: 'access_denied',
      status: 400,
    });
  });

  it('CIBA 13 reads a request that is refused as an OAuth error', async () => {
    const client = await discover('desk');
    const question = openid.initiateBackchannelAuthentication(client, { scope: 'openid admin', login_hint: 'alice' });
    await expect(question).rejects.toMatchObject({ error: 'invalid_scope', status: 400 });
  });

  it('the development channel takes an answer once, for a request that there is, and says so otherwise', async () => {
    const client = await discover('desk');
    const { auth_req_id: id } = await openid.initiateBackchannelAuthentication(client, {
      scope: 'openid',
      login_hint: 'alice',
    });
    expect((await answer(id, 'maybe')).status).toBe(400);
    expect((await answer('another', 'true')).status).toBe(404);
    expect((await answer(id, 'false')).status).toBe(200);
    expect((await answer(id, 'true')).status).toBe(409);
  });

  it('the development channel answers all that waits for a person, once, and nobody else', async () => {
    const client = await discover('desk');
    const ask = (login_hint: string) =>
      openid.initiateBackchannelAuthentication(client, { scope: 'openid', login_hint });
    const answerFor = (sub: string, approve: string) => {
      const body = new URLSearchParams({ sub, approve });
      return fetch(`${world.authentication}/development/bc-decision`, { method: 'POST', body });
    };
    const [first, second, other] = [await ask('erin'), await ask('erin'), await ask('frank')];
    expect((await answer(first.auth_req_id, 'deny')).status).toBe(200);
    const third = await ask('erin');
    const response = await answerFor('erin', 'true');
    const yes = { approve: true, sub: 'erin', request: expect.any(String) };
    expect([response.status, await response.json()]).toEqual([200, { answered: [yes, yes] }]);
    expect((await answerFor('erin', 'false')).status).toBe(404);
    const outcomes = [first, second, third, other].map(async (question) =>
      openid
        .pollBackchannelAuthenticationGrant(
          client,
          { ...question, interval: 0 },
          {},
          { signal: AbortSignal.timeout(60_000) },
        )
        .then(
          (tokens) => tokens.claims()?.sub,
          (error: unknown) => (error as { error?: string }).error,
        ),
    );
    expect((await answerFor('frank', 'deny')).status).toBe(200);
    expect(await Promise.all(outcomes)).toEqual(['access_denied', 'erin', 'erin', 'access_denied']);
  });
});
