import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { until } from '@mandate/testing';
import { CIBA, basic, exchangeForm, postForm, TOKEN_EXCHANGE } from './post-form.js';
import { IMAGES, startStandalone, type World } from './worlds.js';

const ID_TOKEN = 'urn:ietf:params:oauth:token-type:id_token';
const PHOTOS = `${IMAGES}/photos`;
const PRIVATE = `${IMAGES}/private`;
const DESK = basic('desk', 'secret');
const OPERATOR = basic('operator', 'secret');

const clients = (scopes: string[]) => [
  {
    clientId: 'desk',
    clientSecret: 'secret',
    scopes,
    grantTypes: [CIBA, 'refresh_token', TOKEN_EXCHANGE],
  },
  { clientId: 'operator', clientSecret: 'secret', scopes: ['revoke', 'revoke-all', 'delegations'] },
];

let world: World;
beforeAll(async () => {
  const rule = { patterns: [`${IMAGES}/*`], audience: IMAGES, scopes: ['read'], clientAsActor: true };
  world = await startStandalone(
    // tokens without a type of their own: our ID tokens are subject tokens too
    { CIBA_CHANNEL: 'development', RELOAD_INTERVAL_SECONDS: '1', TOKEN_TYP: 'JWT' },
    { clients: clients(['read', 'exchange', 'introspect', 'revoke']), policy: { resources: [rule] } },
  );
});
afterAll(() => world.stop());

const second = () => Math.floor(Date.now() / 1000);
const token = (form: Record<string, string>) => postForm(`${world.authentication}/oauth2/token`, form, DESK);

/** The request of the desk to read their photos, so often, to which the person has agreed. */
async function agreedRequest(login_hint: string, uses = 5): Promise<string> {
  const detail = { type: 'act_on_behalf', client_id: 'desk', scopes: ['read'], locations: [PHOTOS], uses };
  const question = { scope: 'openid', login_hint, authorization_details: JSON.stringify([detail]) };
  const { body } = await postForm(`${world.authentication}/oauth2/bc-authorize`, question, DESK);
  const id = String(body['auth_req_id']);
  await fetch(`${world.authentication}/development/bc-decision?auth_req_id=${id}&approve=allow`);
  return id;
}

/** The tokens that come of it when the person agrees. */
async function agree(login_hint: string, uses?: number): Promise<Record<string, unknown>> {
  return (await token({ grant_type: CIBA, auth_req_id: await agreedRequest(login_hint, uses) })).body;
}

const exchange = (subject: unknown, resource: string, subject_token_type?: string) =>
  postForm(
    `${world.tokenExchange}/oauth2/token`,
    exchangeForm({ subject: String(subject) }, { resource, ...(subject_token_type && { subject_token_type }) }),
    DESK,
  );

describe('nobody gets around what a person agreed to', () => {
  it('P9 by the ID token that comes with it', async () => {
    const { id_token: idToken } = await agree('alice', 1);
    expect((await exchange(idToken, PRIVATE, ID_TOKEN)).status).toBe(400);
    expect((await exchange(idToken, PHOTOS, ID_TOKEN)).status).toBe(200);
    expect((await exchange(idToken, PHOTOS, ID_TOKEN)).status).toBe(400);
  });

  it.each([
    ['its grant', (token: string) => ({ token, grant: 'true' })],
    ['all that the person had', () => ({ subject: 'revoked' })],
    ['all that the client had', () => ({ client_id: 'desk' })],
    ['the refresh token itself', (_token: string, refresh: string) => ({ token: refresh })],
  ])('P7 by refreshing after %s was revoked', async (name, form) => {
    const { access_token: accessToken, refresh_token: refreshToken } = await agree('revoked');
    const revocation = await postForm(
      `${world.tokenValidation}/oauth2/revoke`,
      form(String(accessToken), String(refreshToken)),
      name === 'the refresh token itself' ? DESK : OPERATOR,
    );
    expect(revocation.status).toBe(200);
    // a cut-off takes what was issued up to its second: what a refresh gives in the next is outside of it
    const revokedAt = second();
    await until(() => second() > revokedAt);
    const refusal = await token({ grant_type: 'refresh_token', refresh_token: String(refreshToken) });
    expect(refusal.body).toMatchObject({ error: 'invalid_grant' });
    const { authGrantId } = decodeJwt(String(accessToken));
    const response = await fetch(`${world.authentication}/service/delegations/${String(authGrantId)}`, {
      headers: { authorization: OPERATOR },
    });
    expect(await response.json()).toMatchObject({ ended: expect.any(Number) });
  });

  it.each([
    ['all that the person had', { subject: 'agreed-before' }],
    ['all that the client had', { client_id: 'desk' }],
  ])('P7 by fetching tokens of what was agreed to before %s was revoked', async (_name, form) => {
    const id = await agreedRequest('agreed-before');
    expect((await postForm(`${world.tokenValidation}/oauth2/revoke`, form, OPERATOR)).status).toBe(200);
    const revokedAt = second();
    await until(() => second() > revokedAt);
    expect((await token({ grant_type: CIBA, auth_req_id: id })).body).toMatchObject({ error: 'invalid_grant' });
    expect(await agree('agreed-before')).toHaveProperty('access_token');
  });

  it('P7 by refreshing for what the record of the client has lost', async () => {
    let { refresh_token: refreshToken } = await agree('alice');
    world.folder.write('clients.json', clients(['exchange']));
    await until(async () => {
      const { body } = await token({ grant_type: 'refresh_token', refresh_token: String(refreshToken) });
      refreshToken = body['refresh_token'];
      return body['scope'] === 'openid';
    });
    const form = { grant_type: 'refresh_token', refresh_token: String(refreshToken), scope: 'read' };
    expect((await token(form)).body).toMatchObject({ error: 'invalid_scope' });
  });
});
