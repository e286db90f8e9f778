import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { CIBA, basic, exchangeForm, postForm, TOKEN_EXCHANGE } from './post-form.js';
import { IMAGES, startStandalone, type World } from './worlds.js';

const PHOTOS = `${IMAGES}/photos`;
const DESK = basic('desk', 'secret');
const OPERATOR = basic('operator', 'secret');

let world: World;
beforeAll(async () => {
  const clients = [
    {
      clientId: 'desk',
      clientSecret: 'secret',
      scopes: ['read', 'exchange', 'introspect'],
      grantTypes: [CIBA, 'refresh_token', TOKEN_EXCHANGE],
      resourceServerFor: [IMAGES],
    },
    { clientId: 'operator', clientSecret: 'secret', scopes: ['delegations'] },
  ];
  const rule = { patterns: [PHOTOS], audience: IMAGES, scopes: ['read'], clientAsActor: true };
  world = await startStandalone({ CIBA_CHANNEL: 'development' }, { clients, policy: { resources: [rule] } });
});
afterAll(() => world.stop());

/** What alice agrees to by her word: that the desk reads her photos, so often. */
async function agree(uses: number): Promise<{ token: string; refreshToken: string; delegation: string }> {
  const detail = { type: 'act_on_behalf', client_id: 'desk', scopes: ['read'], locations: [PHOTOS], uses };
  const question = { scope: 'openid', login_hint: 'alice', authorization_details: JSON.stringify([detail]) };
  const { body } = await postForm(`${world.authentication}/oauth2/bc-authorize`, question, DESK);
  const authReqId = String(body['auth_req_id']);
  await fetch(`${world.authentication}/development/bc-decision?auth_req_id=${authReqId}&approve=allow`);
  const answer = await postForm(
    `${world.authentication}/oauth2/token`,
    { grant_type: CIBA, auth_req_id: authReqId },
    DESK,
  );
  const token = String(answer.body['access_token']);
  const delegation = String(decodeJwt(token)['authGrantId']);
  return { token, refreshToken: String(answer.body['refresh_token']), delegation };
}

const exchange = (subject: string, fields: Record<string, string> = {}) =>
  postForm(`${world.tokenExchange}/oauth2/token`, exchangeForm({ subject }, { resource: PHOTOS, ...fields }), DESK);
const isActive = async (token: string): Promise<unknown> =>
  (await postForm(`${world.tokenValidation}/oauth2/introspect`, { token }, DESK)).body['active'];
const look = async (delegation: string, method = 'GET') =>
  fetch(`${world.authentication}/service/delegations/${delegation}`, { method, headers: { authorization: OPERATOR } });

describe('a person’s word, from the question to the end', () => {
  it('P9 binds each exchange, and as many as were agreed to', async () => {
    const { token, delegation } = await agree(2);
    const answer = await exchange(token);
    expect(answer.status).toBe(200);
    expect(decodeJwt(String(answer.body['access_token']))).toMatchObject({
      sub: 'alice',
      act: { sub: 'desk' },
      scope: 'read',
      authGrantId: delegation,
    });
    expect((await exchange(token, { resource: `${IMAGES}/private` })).status).toBe(400);
    expect((await exchange(token)).status).toBe(200);
    expect((await exchange(token)).status).toBe(400);
    expect(await (await look(delegation)).json()).toMatchObject({ subject: { sub: 'alice' }, uses: 2, used: 2 });
  });

  it('P10 ends with every token of it at the next request', async () => {
    const { token, refreshToken, delegation } = await agree(5);
    const derivedToken = String((await exchange(token)).body['access_token']);
    expect([await isActive(token), await isActive(derivedToken)]).toEqual([true, true]);
    expect((await look(delegation, 'DELETE')).status).toBe(204);
    expect([await isActive(token), await isActive(derivedToken)]).toEqual([false, false]);
    expect((await exchange(token)).body).toMatchObject({ error: 'invalid_request' });
    const refusal = await postForm(
      `${world.authentication}/oauth2/token`,
      { grant_type: 'refresh_token', refresh_token: refreshToken },
      DESK,
    );
    expect(refusal.body).toMatchObject({ error: 'invalid_grant' });
    expect(await (await look(delegation)).json()).toMatchObject({ used: 1, ended: expect.any(Number) });
  });
});
