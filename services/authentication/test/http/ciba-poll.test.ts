import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TEST_START } from '@mandate/testing';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { AGREED, type CibaWorld, IMAGES, startCibaWorld } from './ciba-world.js';
import { ISSUER, outcome } from './start-authentication.js';

let world: CibaWorld;
beforeAll(async () => {
  world = await startCibaWorld({ CIBA_MAX_OPEN_REQUESTS: '100' });
});
afterAll(() => world.stop());

/** What a token says, verified by the published key. */
async function claimsOf(token: unknown, typ: string) {
  const keys = createLocalJWKSet({ keys: [world.key.publicJwk] });
  const currentDate = new Date(world.clock() * 1000);
  return (await jwtVerify(String(token), keys, { issuer: ISSUER, typ, currentDate })).payload;
}

describe('asking a person, and polling', () => {
  it('CIBA 7.3 answers with an identifier of 256 bits, how long it waits, and how often to poll', async () => {
    const { status, headers, body } = await world.ask({ requested_expiry: '60' });
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(body).toEqual({ auth_req_id: expect.stringMatching(/^[\w-]{43}$/), expires_in: 60, interval: 5 });
    await world.answer(false);
  });

  it('is the same at the alias /oauth2/bc-authorize', async () => {
    const form = { scope: 'openid', login_hint: 'alias' };
    const { status } = await world.post(form, { path: '/oauth2/bc-authorize', basic: 'desk:secret' });
    expect(status).toBe(200);
  });

  it('CIBA 10.1.1 gives an access token about the person and an ID token for the client, once', async () => {
    const authReqId = await world.startRequest({ scope: 'openid read', binding_message: 'W-4711', resource: IMAGES });
    expect(outcome(await world.poll(authReqId))).toEqual([400, 'authorization_pending']);
    expect((await world.answer(true, { acr: 'high', amr: ['face'], auth_time: TEST_START - 10 })).status).toBe(200);
    const { status, body } = await world.poll(authReqId);
    expect(status).toBe(200);
    expect(body).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 3600,
      scope: 'openid read',
      id_token: expect.any(String),
    });
    const proof = { sub: 'alice', auth_time: TEST_START - 10, acr: 'high', amr: ['face'] };
    const access = await claimsOf(body['access_token'], 'at+jwt');
    expect(access).toMatchObject({ ...proof, aud: [IMAGES, 'desk'], client_id: 'desk', scope: 'openid read' });
    expect(access).not.toHaveProperty('may_act');
    const id = await claimsOf(body['id_token'], 'JWT');
    expect(id).toEqual({
      ...proof,
      iss: ISSUER,
      aud: 'desk',
      azp: 'desk',
      iat: TEST_START,
      exp: TEST_START + 3600,
      authGrantId: access['authGrantId'],
      at_hash: expect.stringMatching(/^[\w-]{22}$/),
    });
    expect(outcome(await world.poll(authReqId))).toEqual([400, 'invalid_grant']);
  });

  it('what is agreed is in the token: may_act, the details, the scopes, and the delegation', async () => {
    const until = TEST_START + 600;
    const detail = { ...AGREED, until, uses: 2, purpose: 'ticket 4711' };
    const body = await world.tokens({ authorization_details: JSON.stringify([detail]) });
    expect(world.lastQuestion()).toMatchObject({ authorization_details: [detail], scope: 'openid read' });
    expect(body).toMatchObject({ scope: 'openid read', expires_in: 600 });
    expect(await claimsOf(body['access_token'], 'at+jwt')).toMatchObject({
      sub: 'alice',
      may_act: AGREED.actor,
      authorization_details: [detail],
      authGrantId: expect.any(String),
      exp: until,
    });
  });

  it('names the client where the agreement does', async () => {
    const detail = { ...AGREED, actor: undefined, client_id: 'desk2' };
    const body = await world.tokens({ authorization_details: JSON.stringify([detail]) });
    expect(await claimsOf(body['access_token'], 'at+jwt')).toMatchObject({ may_act: { client_id: 'desk2' } });
  });

  it('CIBA 11 access_denied when the person refuses, and at every poll after', async () => {
    const authReqId = await world.startRequest();
    expect((await world.answer(false)).status).toBe(200);
    expect(outcome(await world.poll(authReqId))).toEqual([400, 'access_denied']);
    expect(outcome(await world.poll(authReqId))).toEqual([400, 'access_denied']);
  });

  it('CIBA 11 slow_down for a poll before its time, and the interval is 5 seconds longer ever after', async () => {
    const authReqId = await world.startRequest();
    const pollAfter = async (seconds: number) => {
      world.clock.advance(seconds);
      const { body } = await world.poll(authReqId);
      return [body['error'], body['interval']];
    };
    expect(await pollAfter(0)).toEqual(['authorization_pending', 5]);
    expect(await pollAfter(1)).toEqual(['slow_down', 10]);
    expect(await pollAfter(5)).toEqual(['slow_down', 15]);
    expect(await pollAfter(15)).toEqual(['authorization_pending', 15]);
    expect(await pollAfter(5)).toEqual(['slow_down', 20]);
  });

  it('CIBA 11 expired_token when the person does not answer in time, and their answer is too late then', async () => {
    const authReqId = await world.startRequest({ requested_expiry: '30' });
    world.clock.advance(30);
    expect(outcome(await world.poll(authReqId))).toEqual([400, 'expired_token']);
    expect(outcome(await world.answer())).toEqual([400, 'expired_token']);
    expect(outcome(await world.poll(authReqId))).toEqual([400, 'expired_token']);
  });

  it('P6 CIBA 11 invalid_grant for what is no request, and for that of another client, which stays as it is', async () => {
    const authReqId = await world.startRequest();
    await world.answer();
    expect(outcome(await world.poll(authReqId, 'desk2'))).toEqual([400, 'invalid_grant']);
    for (const wrong of ['x', `${authReqId}x`, authReqId.slice(1), '__proto__']) {
      expect(outcome(await world.poll(wrong))).toEqual([400, 'invalid_grant']);
    }
    expect((await world.poll(authReqId)).status).toBe(200);
  });

  it('CIBA 11 unauthorized_client for a client whose record has other grants', async () => {
    expect(outcome(await world.poll('x', 'app'))).toEqual([400, 'unauthorized_client']);
  });

  it('P6 answers one of fifty polls at once with tokens', async () => {
    const authReqId = await world.startRequest();
    await world.answer();
    const answers = await Promise.all(Array.from({ length: 50 }, () => world.poll(authReqId)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });
});

describe('what is written down', () => {
  it('is who asked whom, what they answered, and the delegation; never an identifier that opens anything', async () => {
    const authReqId = await world.startRequest({ authorization_details: JSON.stringify([AGREED]) });
    await world.answer();
    const { body } = await world.poll(authReqId);
    const terms = {
      client: 'desk',
      subject: { iss: ISSUER, sub: 'alice' },
      actor: AGREED.actor,
      targets: [IMAGES],
      scopes: ['read'],
    };
    const { authGrantId } = await claimsOf(body['access_token'], 'at+jwt');
    expect(world.events('person_asked').at(-1)).toMatchObject(terms);
    expect(world.events('person_answered').at(-1)).toMatchObject({ ...terms, verdict: 'permit' });
    expect(world.events('delegation_started').at(-1)).toMatchObject({
      ...terms,
      delegation: authGrantId,
      origin: 'ciba',
    });
    const log = world.logLines.join('');
    for (const secret of [authReqId, String(body['access_token']), String(body['id_token'])]) {
      expect(log).not.toContain(secret);
    }
  });

  it('S6 counts requests and answers', async () => {
    const metrics = await world.metricsText();
    expect(metrics).toMatch(/backchannel_requests_total\{outcome="asked"\} [1-9]/);
    expect(metrics).toMatch(/backchannel_decisions_total\{outcome="approved"\} [1-9]/);
    expect(metrics).toMatch(/backchannel_decisions_total\{outcome="denied"\} [1-9]/);
    expect(metrics).toMatch(
      /token_requests_total\{grant_type="urn:openid:params:grant-type:ciba",outcome="slow_down"\} [1-9]/,
    );
  });
});
