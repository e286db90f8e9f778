import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TEST_START, createTestKey, signTestToken } from '@mandate/testing';
import { AGREED, type CibaWorld, startCibaWorld } from './ciba-world.js';
import { ISSUER, outcome } from './start-authentication.js';

let world: CibaWorld;
let request: string;
let authReqId: string;
beforeAll(async () => {
  world = await startCibaWorld();
});
afterAll(() => world.stop());

const begin = async () => {
  authReqId = await world.startRequest({ login_hint: 'alice', requested_expiry: '60' });
  request = String(world.lastQuestion()['request']);
};
const approval = (members: Record<string, unknown> = {}) => ({ request, sub: 'alice', approve: true, ...members });
/** That nothing was decided: the right answer still counts. */
const stillOpen = async () => {
  expect(outcome(await world.decide(approval()))).toEqual([200, undefined]);
  expect((await world.poll(authReqId)).status).toBe(200);
};

describe('what a person answered', () => {
  it('P3 counts once', async () => {
    await begin();
    expect(outcome(await world.decide(approval()))).toEqual([200, undefined]);
    expect(outcome(await world.decide(approval()))).toEqual([409, 'invalid_request']);
    expect(outcome(await world.decide(approval({ approve: false })))).toEqual([409, 'invalid_request']);
    expect((await world.poll(authReqId)).status).toBe(200);
    expect(outcome(await world.decide(approval()))).toEqual([404, 'invalid_request']);
  });

  it('P3 counts once of fifty at once', async () => {
    await begin();
    const bearer = await world.tokenOf('app');
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => world.decide(approval({ approve: index % 2 === 0 }), bearer)),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    const wasApproved = answers.findIndex(({ status }) => status === 200) % 2 === 0;
    expect((await world.poll(authReqId)).status).toBe(wasApproved ? 200 : 400);
  });

  it('P3 is refused for another person than the one that was asked, and the request stays open', async () => {
    await begin();
    for (const sub of ['mallory', 'Alice', 'alice ', 'sub:alice']) {
      expect(outcome(await world.decide(approval({ sub })))).toEqual([403, 'access_denied']);
    }
    await stillOpen();
  });

  it('is refused with more of how they proved it than tokens have room for, and the request stays open', async () => {
    await begin();
    const amr = Array.from({ length: 16 }, () => 'x'.repeat(200));
    expect(outcome(await world.decide(approval({ amr })))).toEqual([400, 'invalid_request']);
    await stillOpen();
  });

  it('is refused for a request that is none', async () => {
    for (const wrong of ['x', '__proto__', authReqId]) {
      expect(outcome(await world.decide(approval({ request: wrong })))).toEqual([404, 'invalid_request']);
    }
  });

  it('P3 is refused after the request has expired', async () => {
    await begin();
    world.clock.advance(60);
    expect(outcome(await world.decide(approval()))).toEqual([400, 'expired_token']);
    expect((await world.poll(authReqId)).body['error']).toBe('expired_token');
  });

  it.each([
    ['no approval', { approve: undefined }],
    ['an approval that is text', { approve: 'true' }],
    ['no person', { sub: undefined }],
    ['a person that is a number', { sub: 1 }],
    ['an empty person', { sub: '' }],
    ['an unknown member', { aproove: true }],
    ['methods that are text', { amr: 'pwd' }],
    ['a time of later', { auth_time: TEST_START + 86_400 }],
    ['a time that is text', { auth_time: '1' }],
  ])('is refused with %s, and the request stays open', async (_name, members) => {
    await begin();
    expect(outcome(await world.decide(approval(members)))).toEqual([400, 'invalid_request']);
    await stillOpen();
  });
});

describe('who may say what a person answered', () => {
  it('P3 is a caller with the scope ciba-decide', async () => {
    await begin();
    expect(outcome(await world.decide(approval(), await world.tokenOf('no-app')))).toEqual([403, 'insufficient_scope']);
    expect(outcome(await world.decide(approval(), 'forged'))).toEqual([401, 'invalid_token']);
    const claims = { iss: ISSUER, sub: 'app', client_id: 'app', aud: 'app', scope: 'ciba-decide' };
    const times = { iat: world.clock(), exp: world.clock() + 60 };
    const forgedToken = signTestToken(createTestKey('ES256', { kid: world.key.kid }), { ...claims, ...times });
    expect(outcome(await world.decide(approval(), forgedToken))).toEqual([401, 'invalid_token']);
    const headers = { 'Content-Type': 'application/json' };
    const body = JSON.stringify(approval());
    const anonymous = await fetch(`${world.publicUrl}/service/bc-decision`, { method: 'POST', headers, body });
    expect([anonymous.status, anonymous.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    await stillOpen();
  });

  it.each([
    ['act', { sub: 'bob' }],
    ['may_act', { sub: 'bob' }],
    ['authorization_details', [AGREED]],
  ])('P3 is nobody who acts for the app by a token with %s', async (name, value) => {
    await begin();
    const now = world.clock();
    const claims = {
      iss: ISSUER,
      sub: 'app',
      client_id: 'app',
      aud: 'app',
      scope: 'ciba-decide',
      iat: now,
      exp: now + 60,
    };
    expect(outcome(await world.decide(approval(), signTestToken(world.key, { ...claims, [name]: value })))).toEqual([
      403,
      'access_denied',
    ]);
    const own = signTestToken(world.key, claims);
    expect(outcome(await world.decide(approval(), own))).toEqual([200, undefined]);
  });

  it.each([
    ['was meant for another API', { aud: 'https://images.example.com' }],
    ['a client has whose record is gone', { sub: 'gone', client_id: 'gone', aud: 'gone' }],
  ])('P3 is nobody by a token that %s', async (_name, members) => {
    await begin();
    const times = { iat: world.clock(), exp: world.clock() + 60 };
    const claims = { iss: ISSUER, sub: 'app', client_id: 'app', aud: 'app', scope: 'ciba-decide', ...times };
    expect(outcome(await world.decide(approval(), signTestToken(world.key, { ...claims, ...members })))).toEqual([
      401,
      'invalid_token',
    ]);
    await stillOpen();
  });

  it('is not the person by the token that they let the client have', async () => {
    await begin();
    await world.decide(approval());
    const { body } = await world.poll(authReqId);
    await begin();
    expect(outcome(await world.decide(approval(), String(body['access_token'])))[0]).toBe(403);
    expect(outcome(await world.decide(approval(), String(body['id_token'])))).toEqual([401, 'invalid_token']);
    await stillOpen();
  });
});
