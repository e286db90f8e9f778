import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { signTestToken } from '@mandate/testing';
import { decodeJwt } from 'jose';
import { basic, exchangeForm, postForm } from './post-form.js';
import { IMAGES, startStandalone, USER_ISSUER, USER_KEY, USERS, type World } from './worlds.js';

const PHOTOS = `${IMAGES}/photos`;
const DESK = basic('desk', 'secret');
const OPERATOR = basic('operator', 'secret');

let world: World;
beforeAll(async () => {
  const clients = [
    { clientId: 'desk', clientSecret: 'secret', scopes: ['exchange', 'introspect'], resourceServerFor: [IMAGES] },
    { clientId: 'operator', clientSecret: 'secret', scopes: ['delegations'] },
  ];
  const rule = { patterns: [PHOTOS], audience: IMAGES, scopes: ['read'], clientAsActor: true };
  // nobody is asked, and all is recorded
  const env = { CIBA_CHANNEL: 'off', DELEGATION_RECORDS: 'all' };
  world = await startStandalone(env, { clients, policy: { resources: [rule] }, issuers: [USER_ISSUER] });
});
afterAll(() => world.stop());

/** A token of the other issuer, that a person has. */
function token(sub: string, claims: object): string {
  const now = Math.floor(Date.now() / 1000);
  return signTestToken(
    USER_KEY,
    { iss: USERS, sub, client_id: 'portal', iat: now, exp: now + 600, jti: randomUUID(), ...claims },
    { typ: 'at+jwt' },
  );
}
const exchange = (subject: string) =>
  postForm(`${world.tokenExchange}/oauth2/token`, exchangeForm({ subject }, { resource: PHOTOS }), DESK);
const isActive = async (accessToken: string): Promise<unknown> =>
  (await postForm(`${world.tokenValidation}/oauth2/introspect`, { token: accessToken }, DESK)).body['active'];
const ask = async (path: string, authorization: string, method = 'GET') => {
  const response = await fetch(`${world.authentication}/service/delegations${path}`, {
    method,
    headers: { authorization },
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? {} : (JSON.parse(text) as { delegations?: unknown[] }) };
};

describe('DELEGATION_RECORDS=all', () => {
  it('what the exchange of a foreign token allows is seen by its person and the operator, and ended by either', async () => {
    const subject = token('alice', { aud: 'desk', scope: 'read' });
    const answer = await exchange(subject);
    expect(answer.status).toBe(200);
    const accessToken = String(answer.body['access_token']);
    const { authGrantId: id } = decodeJwt(accessToken);
    const alice = `Bearer ${token('alice', { aud: world.authentication, scope: 'delegations:own' })}`;
    const bob = `Bearer ${token('bob', { aud: world.authentication, scope: 'delegations:own' })}`;
    const record = { id, subject: { iss: USERS, sub: 'alice' }, actor: { client_id: 'desk' }, origin: 'exchange' };
    for (const [path, authorization] of [
      ['', alice],
      ['?subject=alice', OPERATOR],
      ['?client=desk', OPERATOR],
    ] as const) {
      expect(await ask(path, authorization)).toMatchObject({ status: 200, body: { delegations: [record] } });
    }
    expect((await ask('', bob)).body).toEqual({ delegations: [] });
    expect((await ask(`/${String(id)}`, bob, 'DELETE')).status).toBe(404);
    expect(await isActive(accessToken)).toBe(true);
    expect((await ask(`/${String(id)}`, alice, 'DELETE')).status).toBe(204);
    expect(await isActive(accessToken)).toBe(false);
    expect((await exchange(subject)).body).toMatchObject({ error: 'invalid_request' });
    expect((await ask(`/${String(id)}`, OPERATOR)).body).toMatchObject({ id, ended: expect.any(Number) });
  });

  it('tells the client of another issuer from ours of the same id', async () => {
    const theirs = `Bearer ${token('desk', { client_id: 'desk', aud: world.authentication, scope: 'exchange' })}`;
    const form = exchangeForm({ subject: token('carol', { aud: 'desk', scope: 'read' }) }, { resource: PHOTOS });
    expect((await postForm(`${world.tokenExchange}/oauth2/token`, form, theirs)).status).toBe(200);
    const record = { client_id: 'desk', client_iss: USERS, subject: { iss: USERS, sub: 'carol' } };
    const listed = async (query: string) => (await ask(query, OPERATOR)).body.delegations;
    expect(await listed(`?client=desk&issuer=${USERS}`)).toEqual([expect.objectContaining(record)]);
    for (const query of ['?client=desk', `?client=desk&issuer=${world.authentication}`]) {
      expect(await listed(query)).toEqual([expect.not.objectContaining({ client_iss: USERS })]);
    }
  });

  it('asks nobody all the same', async () => {
    const { status } = await postForm(`${world.authentication}/oauth2/bc-authorize`, { scope: 'openid' }, DESK);
    expect(status).toBe(404);
  });
});
