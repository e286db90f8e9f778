import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type OpenamCibaStandIn, fixedClock, startOpenamCibaStandIn, until } from '@mandate/testing';
import { decodeJwt } from 'jose';
import { type CibaWorld, startCibaWorld } from './ciba-world.js';
import { outcome } from './start-authentication.js';

const SIGNED = { CIBA_OPENID_REQUEST: 'signed', CIBA_OPENID_ACR_VALUES: 'push' };

describe('CIBA_CHANNEL=openid with an AM', () => {
  let am: OpenamCibaStandIn;
  let world: CibaWorld;
  const clock = fixedClock();
  const start = async (env: Record<string, string> = SIGNED) => {
    const settings = {
      CIBA_OPENID_ISSUER: am.issuer,
      CIBA_OPENID_CLIENT_ID: 'mandate',
      CIBA_OPENID_CLIENT_SECRET: 'pw',
    };
    const webhook = { CIBA_WEBHOOK_URL: '' };
    world = await startCibaWorld(
      { CIBA_CHANNEL: 'openid', CIBA_OPENID_SUBJECT_CLAIM: 'subname', ...webhook, ...settings, ...env },
      { clock },
    );
  };
  beforeEach(async () => {
    const client = { clientId: 'mandate', clientSecret: 'pw', clientKeys: () => [world.key.publicJwk] };
    am = await startOpenamCibaStandIn({ clock, ...client });
  });
  afterEach(async () => {
    await world.stop();
    await am.close();
  });

  it('asks as AM demands it, and gives the tokens of the person whom its ID token names', async () => {
    await start();
    const authReqId = await world.startRequest({ binding_message: 'W-4711' });
    expect(am.requests).toMatchObject([{ login_hint: 'alice', binding_message: 'W-4711', acr_values: 'push' }]);
    await until(() => am.lastPoll()['auth_req_id'] !== undefined);
    expect(await world.pollOutcome(authReqId)).toBe('authorization_pending');
    am.answer({ acr: 'push' });
    await until(() => world.hasLogged('"event":"person_answered"'));
    const { status, body } = await world.poll(authReqId);
    expect(status).toBe(200);
    expect(decodeJwt(String(body['id_token']))).toMatchObject({ sub: 'alice', acr: 'push', auth_time: clock() });
    expect(world.hasLogged('the provider does not say what the person answers')).toBe(false);
  });

  it('asks for what the client wants before what is configured', async () => {
    await start();
    await world.startRequest({ acr_values: 'face' });
    expect(am.requests).toMatchObject([{ acr_values: 'face' }]);
  });

  it('denies when the person does', async () => {
    await start();
    const authReqId = await world.startRequest();
    am.answer('denied');
    await until(async () => (await world.pollOutcome(authReqId)) === 'access_denied');
  });

  it.each([
    ['without acr_values', { CIBA_OPENID_REQUEST: 'signed' }],
    ['by requests that are not signed', { CIBA_OPENID_ACR_VALUES: 'push' }],
    ['with another secret', { ...SIGNED, CIBA_OPENID_CLIENT_SECRET: 'other' }],
  ])('is 503 where it is asked %s, and asks nobody', async (_, env) => {
    await start(env);
    expect((await world.ask()).status).toBe(503);
    expect(am.requests).toEqual([]);
  });

  it('tells the client of a binding message that a push cannot show', async () => {
    await start();
    expect(outcome(await world.ask({ binding_message: '€ 50' }))).toEqual([400, 'invalid_binding_message']);
    expect((await world.ask({ binding_message: 'EUR 50' })).status).toBe(200);
  });
});
