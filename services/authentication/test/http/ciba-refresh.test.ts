import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { TEST_START } from '@mandate/testing';
import { decodeJwt } from 'jose';
import { AGREED, type CibaWorld, IMAGES, startCibaWorld } from './ciba-world.js';
import { outcome } from './start-authentication.js';

let world: CibaWorld;
beforeEach(async () => {
  world = await startCibaWorld({ REFRESH_TOKEN_EXPIRATION_SECONDS: '7200' });
});
afterEach(() => world.stop());

const REFUSED = [400, 'invalid_grant'];
const refresh = (token: unknown, form: Record<string, string> = {}, client = 'keeper') =>
  world.post({ grant_type: 'refresh_token', refresh_token: String(token), ...form }, { basic: `${client}:secret` });
/** The tokens that alice let `keeper` have. */
const tokens = async (form: Record<string, string> = {}) => {
  const authReqId = await world.startRequest(form, 'keeper');
  await world.answer(true, { acr: 'high', auth_time: TEST_START - 10 });
  return (await world.poll(authReqId, 'keeper')).body;
};

/** Refreshes over a connection that breaks when the answer begins to come: its body is never read. */
function statusOfLostAnswer(token: unknown): Promise<number | undefined> {
  const form = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: String(token) });
  const headers = {
    'Content-Type': 'application/x-www-form-urlencoded',
    Authorization: `Basic ${btoa('keeper:secret')}`,
  };
  return new Promise((resolve, reject) => {
    const call = request(`${world.publicUrl}/oauth2/token`, { method: 'POST', headers }, (answer) => {
      answer.destroy();
      resolve(answer.statusCode);
    });
    call.on('error', reject).end(form.toString());
  });
}

describe('a refresh token', () => {
  it('is only for a client whose record names the grant', async () => {
    expect(await world.tokens()).not.toHaveProperty('refresh_token');
    expect(outcome(await refresh('x', {}, 'desk'))).toEqual([400, 'unauthorized_client']);
  });

  it('RFC 6749 6 gives the same again, as of when the person agreed, and is replaced', async () => {
    const first = await tokens({ authorization_details: JSON.stringify([AGREED]), resource: IMAGES });
    expect(first['refresh_token']).toMatch(/^[\w-]{43}$/);
    world.clock.advance(600);
    const { status, body } = await refresh(first['refresh_token']);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      token_type: 'Bearer',
      scope: 'openid read',
      refresh_token: expect.stringMatching(/^[\w-]{43}$/),
    });
    expect(body['refresh_token']).not.toBe(first['refresh_token']);
    const [before, after] = [decodeJwt(String(first['access_token'])), decodeJwt(String(body['access_token']))];
    const own = { iat: expect.anything(), nbf: expect.anything(), exp: expect.anything() };
    expect(after).toEqual({ ...before, ...own, jti: expect.anything(), auditTrackingId: expect.anything() });
    expect(after).toMatchObject({
      iat: TEST_START + 600,
      auth_time: TEST_START - 10,
      acr: 'high',
      aud: [IMAGES, 'keeper'],
    });
    expect(after.jti).not.toBe(before.jti);
    expect(decodeJwt(String(body['id_token']))).toMatchObject({
      sub: 'alice',
      auth_time: TEST_START - 10,
      acr: 'high',
    });
  });

  it('RFC 6749 6 may be used for fewer scopes, not for more; being refused does not use it up', async () => {
    const { refresh_token: token } = await tokens({ scope: 'openid read write' });
    expect(outcome(await refresh(token, { scope: 'openid admin' }))).toEqual([400, 'invalid_scope']);
    const narrow = await refresh(token, { scope: 'read' });
    expect(narrow.body).toMatchObject({ scope: 'read' });
    expect(narrow.body).not.toHaveProperty('id_token');
    expect((await refresh(narrow.body['refresh_token'])).body).toMatchObject({ scope: 'openid read write' });
  });

  it('P7 RFC 9700 4.14.2 used twice ends the delegation: no token of it is good any more', async () => {
    const first = await tokens();
    const second = await refresh(first['refresh_token']);
    expect(second.status).toBe(200);
    expect(outcome(await refresh(first['refresh_token']))).toEqual(REFUSED);
    expect(outcome(await refresh(second.body['refresh_token']))).toEqual(REFUSED);
    const { authGrantId } = decodeJwt(String(first['access_token']));
    expect(world.events('delegation_ended')).toEqual([
      expect.objectContaining({ delegation: authGrantId, reason: 'refresh_token_reused', client: 'keeper' }),
    ]);
  });

  it('P7 used again since its answer was lost on the way ends the delegation too: nobody can tell that from a copy', async () => {
    const { refresh_token: token, access_token: accessToken } = await tokens();
    expect(await statusOfLostAnswer(token)).toBe(200);
    expect(outcome(await refresh(token))).toEqual(REFUSED);
    const { authGrantId } = decodeJwt(String(accessToken));
    expect(world.events('delegation_ended')).toEqual([
      expect.objectContaining({ delegation: authGrantId, reason: 'refresh_token_reused' }),
    ]);
  });

  it('is good for one of fifty at once, and the others end the delegation', async () => {
    const { refresh_token: token } = await tokens();
    const answers = await Promise.all(Array.from({ length: 50 }, () => refresh(token)));
    const good = answers.filter(({ status }) => status === 200);
    expect(good).toHaveLength(1);
    expect(outcome(await refresh(good[0]?.body['refresh_token']))).toEqual(REFUSED);
  });

  it('is of no use to another client, and stays good', async () => {
    const { refresh_token: token } = await tokens();
    expect(outcome(await refresh(token, {}, 'thief'))).toEqual(REFUSED);
    expect((await refresh(token)).status).toBe(200);
  });

  it('is refused when it is none', async () => {
    for (const wrong of ['x', 'x'.repeat(43), '__proto__', `${'a'.repeat(42)}.`]) {
      expect(outcome(await refresh(wrong))).toEqual(REFUSED);
    }
    const { status } = await world.post({ grant_type: 'refresh_token' }, { basic: 'keeper:secret' });
    expect(status).toBe(400);
  });

  it('lasts as long as it may be refreshed, however often it was, and its last tokens no longer', async () => {
    const first = await tokens();
    world.clock.advance(5000);
    const { body } = await refresh(first['refresh_token']);
    expect(body['expires_in']).toBe(2200);
    world.clock.advance(2200);
    expect(outcome(await refresh(body['refresh_token']))).toEqual(REFUSED);
  });

  it('lasts no longer than what was agreed', async () => {
    const until = TEST_START + 1000;
    const first = await tokens({ authorization_details: JSON.stringify([{ ...AGREED, until }]) });
    expect(first['expires_in']).toBe(1000);
    world.clock.advance(900);
    const { body } = await refresh(first['refresh_token']);
    expect(body['expires_in']).toBe(100);
    world.clock.advance(100);
    expect(outcome(await refresh(body['refresh_token']))).toEqual(REFUSED);
  });
});
