import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { TEST_START } from '@mandate/testing';
import { AGREED, CIBA, type CibaWorld, IMAGES, cibaClients, startCibaWorld } from './ciba-world.js';
import { ISSUER, checkAgainstOpenApi, startAuthentication } from './start-authentication.js';

const clients = [
  ...cibaClients(),
  { clientId: 'home', clientSecret: 'secret', scopes: ['delegations:own', 'read'], grantTypes: [CIBA] },
  { clientId: 'operator', clientSecret: 'secret', scopes: ['delegations'], grantTypes: ['client_credentials'] },
  { clientId: 'greedy', clientSecret: 'secret', scopes: ['delegations', 'delegations:own'], grantTypes: [CIBA] },
];

let world: CibaWorld;
beforeEach(async () => {
  world = await startCibaWorld({}, { clients });
});
afterEach(() => world.stop());

type Body = Record<string, unknown> & { delegations?: Record<string, unknown>[] };
const OPERATOR = `Basic ${btoa('operator:secret')}`;

async function call(
  method: string,
  path: string,
  authorization?: string,
): Promise<{ status: number; body: Body; headers: Headers }> {
  const response = await fetch(world.publicUrl + path, {
    method,
    headers: authorization === undefined ? {} : { authorization },
  });
  const text = await response.text();
  const body = text === '' ? {} : (JSON.parse(text) as Body);
  checkAgainstOpenApi(`${method} ${path.replace(/(delegations\/)[^?]+/, '$1{id}')}`, response, text === '' ? '' : body);
  return { status: response.status, body, headers: response.headers };
}
const list = (query: string, authorization: string = OPERATOR) =>
  call('GET', `/service/delegations${query}`, authorization);
const one = (id: unknown, authorization: string = OPERATOR) =>
  call('GET', `/service/delegations/${String(id)}`, authorization);
const end = (id: unknown, authorization: string = OPERATOR) =>
  call('DELETE', `/service/delegations/${String(id)}`, authorization);

/** What a person lets a client have, and the delegation that it is of. */
async function agree(form: Record<string, string> = {}, client = 'keeper') {
  const body = await world.tokens(form, client);
  const accessToken = String(body['access_token']);
  const id = decodeJwt(accessToken)['authGrantId'];
  return { bearer: `Bearer ${accessToken}`, id, refreshToken: String(body['refresh_token']) };
}
const withBob = (members: object = {}) => ({ authorization_details: JSON.stringify([{ ...AGREED, ...members }]) });
/** A token of the person's own. */
const own = (login_hint: string) => agree({ scope: 'openid delegations:own', login_hint }, 'home');

describe('GET /service/delegations', () => {
  it('lists those of a subject, an actor or a client', async () => {
    const { id } = await agree(withBob({ uses: 3, until: TEST_START + 500, purpose: 'Ticket 4711' }));
    const { id: others } = await agree({ login_hint: 'carol' }, 'desk');
    const expected = {
      id,
      subject: { iss: ISSUER, sub: 'alice' },
      actor: AGREED.actor,
      client_id: 'keeper',
      scopes: ['read'],
      locations: [IMAGES],
      purpose: 'Ticket 4711',
      created: TEST_START,
      until: TEST_START + 500,
      uses: 3,
      used: 0,
      origin: 'ciba',
    };
    for (const query of [
      'subject=alice',
      'actor=bob',
      'client=keeper',
      `client=keeper&issuer=${ISSUER}`,
      `subject=alice&issuer=${ISSUER}`,
    ]) {
      expect(await list(`?${query}`)).toMatchObject({ status: 200, body: { delegations: [expected] } });
    }
    expect((await list('?subject=carol')).body.delegations).toMatchObject([
      { id: others, actor: { client_id: 'desk' } },
    ]);
    expect((await list('?subject=alice&issuer=https://elsewhere.example')).body).toEqual({ delegations: [] });
    expect((await list('?client=keeper&issuer=https://elsewhere.example')).body).toEqual({ delegations: [] });
    expect((await list('?actor=alice')).body).toEqual({ delegations: [] });
  });

  it.each(['', '?subject=alice&actor=bob', '?issuer=x', '?subject=a&subject=b', '?subject=%ff'])(
    'answers 400 to the query "%s"',
    async (query) => {
      expect(await list(query)).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    },
  );

  it('has pages of 100, each delegation on one of them', async () => {
    const service = await startCibaWorld({ CIBA_MAX_OPEN_REQUESTS: '100', RATE_LIMIT: 'off' }, { clients });
    await world.stop();
    world = service;
    const ids = new Set<unknown>();
    for (let index = 0; index < 105; index++) ids.add((await agree()).id);
    const first = await list('?subject=alice');
    const second = await list(`?subject=alice&cursor=${String(first.body['cursor'])}`);
    const listedIds = [...(first.body.delegations ?? []), ...(second.body.delegations ?? [])].map(({ id }) => id);
    expect([first.body.delegations?.length, listedIds.length, second.body['cursor']]).toEqual([100, 105, undefined]);
    expect(new Set(listedIds)).toEqual(ids);
    expect((await list('?subject=alice&cursor=nonsense')).body).toEqual({ delegations: [] });
  });
});

describe('a person with a token of their own', () => {
  it('P10 sees their own delegations and nobody else’s', async () => {
    const { id } = await agree(withBob());
    const { id: carols } = await agree({ login_hint: 'carol' });
    const alice = await own('alice');
    for (const query of ['', '?subject=alice', `?subject=alice&issuer=${ISSUER}`]) {
      const { body } = await list(query, alice.bearer);
      expect(body.delegations?.map((each) => each['id']).toSorted()).toEqual([id, alice.id].map(String).toSorted());
    }
    expect((await one(id, alice.bearer)).body).toMatchObject({ id, subject: { sub: 'alice' } });
    expect((await one(carols, alice.bearer)).status).toBe(404);
    expect((await end(carols, alice.bearer)).status).toBe(404);
    expect((await one(carols)).body).not.toHaveProperty('ended');
  });

  it.each(['?subject=carol', '?actor=bob', '?client=keeper', '?subject=alice&issuer=https://elsewhere.example'])(
    'may not ask for %s',
    async (query) => {
      const alice = await own('alice');
      expect(await list(query, alice.bearer)).toMatchObject({ status: 403, body: { error: 'access_denied' } });
    },
  );

  it('ends their own', async () => {
    const delegation = await agree(withBob());
    const alice = await own('alice');
    expect(await end(delegation.id, alice.bearer)).toMatchObject({ status: 204, body: {} });
    expect((await one(delegation.id, alice.bearer)).body).toMatchObject({ ended: TEST_START });
    expect(world.events('delegation_ended')).toEqual([
      expect.objectContaining({
        delegation: delegation.id,
        reason: 'ended_by_subject',
        subject: { iss: ISSUER, sub: 'alice' },
      }),
    ]);
  });

  it('needs the scope for it, and is nobody else by having that of clients', async () => {
    await agree({ login_hint: 'carol' });
    const plain = await agree({}, 'keeper');
    expect(await list('', plain.bearer)).toMatchObject({ status: 403, body: { error: 'insufficient_scope' } });
    const all = await agree({ scope: 'openid delegations' }, 'greedy');
    const refusal = await list('?subject=carol', all.bearer);
    expect(refusal).toMatchObject({ status: 403, body: { error: 'insufficient_scope' } });
    expect(refusal.headers.get('www-authenticate')).toBe('Bearer error="insufficient_scope", scope="delegations:own"');
  });

  it('P10 is not who acts for them by what they agreed to', async () => {
    const details = withBob({ scopes: ['delegations:own'] });
    const delegation = await agree({ scope: 'openid delegations:own', ...details }, 'home');
    expect(await list('', delegation.bearer)).toMatchObject({ status: 403, body: { error: 'access_denied' } });
    expect((await end(delegation.id, delegation.bearer)).status).toBe(403);
  });

  it('is not any more once that token is of an ended delegation', async () => {
    const alice = await own('alice');
    expect((await end(alice.id, alice.bearer)).status).toBe(204);
    expect(await list('', alice.bearer)).toMatchObject({ status: 401, body: { error: 'invalid_token' } });
  });
});

describe('DELETE /service/delegations/{id}', () => {
  it('ends refresh tokens with it, is the same again, and is told by whom', async () => {
    const delegation = await agree(withBob());
    expect((await end(delegation.id)).status).toBe(204);
    const answer = await world.post(
      { grant_type: 'refresh_token', refresh_token: delegation.refreshToken },
      { basic: 'keeper:secret' },
    );
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    world.clock.advance(5);
    expect((await end(delegation.id)).status).toBe(204);
    expect((await one(delegation.id)).body).toMatchObject({ ended: TEST_START });
    expect(world.events('delegation_ended')).toMatchObject([{ reason: 'ended_by_client' }]);
  });

  it('is 404 for what is not there, whatever stands in the path', async () => {
    for (const id of ['nobody-knows', '%7Bid%7D', '__proto__', '..%2Fdelegations', '%00']) {
      expect([id, (await one(id)).status, (await end(id)).status]).toEqual([id, 404, 404]);
    }
    for (const path of [
      '/service/delegations/',
      '/service/delegations/%ff',
      '/service/delegations/a/b',
      '/service/{id}',
    ]) {
      const response = await fetch(world.publicUrl + path, { headers: { authorization: OPERATOR } });
      expect([path, response.status]).toEqual([path, 404]);
    }
  });

  it('is not done by another method', async () => {
    const response = await fetch(`${world.publicUrl}/service/delegations/x`, { method: 'POST', body: '' });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD, DELETE']);
  });

  it('names no delegation in the metrics', async () => {
    const { id } = await agree();
    await one(id);
    const metrics = await world.metricsText();
    expect(metrics).toContain('route="/service/delegations/{id}",method="GET",status="200"');
    expect(metrics).toContain('delegation_requests_total{outcome="found"} 1');
    expect(metrics).not.toContain(String(id));
  });
});

describe('who may see delegations', () => {
  it('is nobody without credentials, without the scope, or without a channel to ask people', async () => {
    const { id } = await agree();
    const answer = await call('GET', '/service/delegations?subject=alice');
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    expect((await call('DELETE', `/service/delegations/${String(id)}`)).status).toBe(401);
    const app = `Basic ${btoa('app:secret')}`;
    expect(await list('?subject=alice', app)).toMatchObject({ status: 403, body: { error: 'insufficient_scope' } });
    expect((await end(id, app)).status).toBe(403);
    const bearer = `Bearer ${await world.tokenOf('operator')}`;
    expect((await one(id, bearer)).status).toBe(200);
  });

  it('is decided by nobody where CIBA_CHANNEL is not set', async () => {
    const service = await startAuthentication({}, { clients });
    for (const [method, path] of [
      ['GET', ''],
      ['GET', '/x'],
      ['DELETE', '/x'],
    ]) {
      const url = `${service.publicUrl}/service/delegations${path ?? ''}`;
      const response = await fetch(url, { method: method ?? '', headers: { authorization: OPERATOR } });
      expect(response.status).toBe(404);
    }
    await service.stop();
  });
});
