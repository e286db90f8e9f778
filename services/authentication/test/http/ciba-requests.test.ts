import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TEST_START } from '@mandate/testing';
import { AGREED, type CibaWorld, startCibaWorld } from './ciba-world.js';
import { outcome } from './start-authentication.js';

let world: CibaWorld;
beforeAll(async () => {
  world = await startCibaWorld();
});
afterAll(() => world.stop());

/** What comes of a request that alice would be asked by, for a person of its own so that none are too many. */
let people = 0;
const asking = async (form: Record<string, string>, client?: string) => {
  const questionsBefore = world.questions.length;
  const hasHint = Object.keys(form).some((name) => name.includes('hint'));
  const answer = await world.ask(hasHint ? form : { login_hint: `person ${people++}`, ...form }, client);
  expect(world.questions.length - questionsBefore).toBe(answer.status === 200 ? 1 : 0);
  return outcome(answer);
};
const details = (...entries: unknown[]) => ({ authorization_details: JSON.stringify(entries) });

describe('CIBA 13: a request that is refused asks nobody', () => {
  it('unauthorized_client for a client whose record does not name the grant, or names none', async () => {
    expect(await asking({}, 'app')).toEqual([400, 'unauthorized_client']);
    expect(await asking({}, 'plain')).toEqual([400, 'unauthorized_client']);
  });

  it('invalid_client for one that does not prove who it is', async () => {
    for (const credentials of [{}, { basic: 'desk:wrong' }]) {
      const answer = await world.post({ scope: 'openid' }, { path: '/service/bc-authorize', ...credentials });
      expect(outcome(answer)).toEqual([401, 'invalid_client']);
    }
  });

  it('invalid_request without a hint, with two, or with one twice', async () => {
    const post = async (form: string) =>
      outcome(await world.post(form, { path: '/service/bc-authorize', basic: 'desk:secret' }));
    expect(await post('scope=openid')).toEqual([400, 'invalid_request']);
    expect(await post('scope=openid&login_hint=')).toEqual([400, 'invalid_request']);
    expect(await post('scope=openid&login_hint=a&id_token_hint=b')).toEqual([400, 'invalid_request']);
    expect(await post('scope=openid&login_hint=a&login_hint=a')).toEqual([400, 'invalid_request']);
    expect(await post(`scope=openid&login_hint=${'a'.repeat(257)}`)).toEqual([400, 'invalid_request']);
  });

  it.each([
    ['missing', '', 'invalid_request'],
    ['without openid', 'read', 'invalid_scope'],
    ['beyond the client', 'openid admin', 'invalid_scope'],
    ['with a character that is not allowed', 'openid "', 'invalid_scope'],
  ])('a scope %s', async (_name, scope, error) => {
    expect(await asking({ scope })).toEqual([400, error]);
  });

  it.each([
    ['65 characters', 'x'.repeat(65)],
    ['a line break', 'a\nb'],
    ['a control character', 'a\u0007b'],
    ['an escape sequence', '\u001b[2J'],
    ['a character that turns the direction', 'a\u202Eb'],
    ['one of no width', 'a\u200Bb'],
    ['a blank one', ' '],
    ['one that shows nothing', '\u3164'],
  ])('P4 invalid_binding_message for %s', async (_name, message) => {
    expect(await asking({ binding_message: message })).toEqual([400, 'invalid_binding_message']);
  });

  it.each(['x', 'W-4711', 'x'.repeat(64), 'Überweisung an Zoë', '支払い', '😀'.repeat(64)])(
    'takes the binding message %s, and shows it',
    async (message) => {
      expect(await asking({ binding_message: message })).toEqual([200, undefined]);
      expect(world.lastQuestion()['binding_message']).toBe(message);
    },
  );

  it.each(['29', '601', '0', '-30', '30.5', 'a', '1e2', '9'.repeat(30)])(
    'invalid_request for requested_expiry %s',
    async (expiry) => {
      expect(await asking({ requested_expiry: expiry })).toEqual([400, 'invalid_request']);
    },
  );

  it.each([
    ['no JSON', '[{'],
    ['no list', JSON.stringify(AGREED)],
    ['an empty list', '[]'],
    ['two', JSON.stringify([AGREED, AGREED])],
    ['another type', JSON.stringify([{ ...AGREED, type: 'payment' }])],
    ['an unknown member', JSON.stringify([{ ...AGREED, amount: 1 }])],
    ['nobody', JSON.stringify([{ ...AGREED, actor: undefined }])],
    ['a member twice', '[{"type":"act_on_behalf","type":"act_on_behalf"}]'],
    ['what is over', JSON.stringify([{ ...AGREED, until: TEST_START }])],
    ['a purpose with a line break', JSON.stringify([{ ...AGREED, purpose: 'a\nb' }])],
  ])('RFC 9396 5 invalid_authorization_details for %s', async (_name, text) => {
    expect(await asking({ authorization_details: text })).toEqual([400, 'invalid_authorization_details']);
  });

  it('invalid_scope for an agreement beyond the client, and for a scope beyond the agreement', async () => {
    expect(await asking(details({ ...AGREED, scopes: ['read', 'admin'] }))).toEqual([400, 'invalid_scope']);
    expect(await asking({ scope: 'openid write', ...details(AGREED) })).toEqual([400, 'invalid_scope']);
  });

  it.each(['/relative', 'https://a/#b', 'a b'])('RFC 8707 2 invalid_target for the resource %s', async (resource) => {
    expect(await asking({ resource })).toEqual([400, 'invalid_target']);
  });

  const LONG = 'x'.repeat(20_000);
  it.each<[string, Record<string, string>, string | undefined]>([
    ['scope', { scope: `openid ${LONG}` }, undefined],
    ['login_hint', { login_hint: LONG }, undefined],
    ['login_hint_token', { login_hint_token: LONG }, undefined],
    ['id_token_hint', { id_token_hint: LONG }, undefined],
    ['binding_message', { binding_message: LONG }, undefined],
    ['acr_values of one value', { acr_values: 'x'.repeat(1025) }, undefined],
    ['acr_values of many', { acr_values: 'x '.repeat(513) }, undefined],
    ['requested_expiry', { requested_expiry: '1'.repeat(20_000) }, undefined],
    ['resource', { resource: `https://a/${LONG}` }, undefined],
    ['authorization_details', details({ ...AGREED, actor: { sub: LONG } }), undefined],
    ['client_notification_token', { client_notification_token: LONG }, 'pinged'],
    ['client_notification_token of padding', { client_notification_token: `x${'='.repeat(1024)}` }, 'pinged'],
  ])('S4 no parameter is as long as the client likes: %s', async (_name, form, client) => {
    expect(await asking(form, client)).toEqual([400, expect.stringMatching(/^invalid_/)]);
  });

  it.each(['high low', 'x'.repeat(1024), 'urn:mace:incommon:iap:silver'])(
    'takes acr_values of up to 1,024 characters, and hands them on: %#',
    async (acr_values) => {
      expect(await asking({ acr_values })).toEqual([200, undefined]);
      expect(world.lastQuestion()['acr_values']).toBe(acr_values);
    },
  );

  it.each(['a\nb', 'a\u0007b', 'a\u202Eb'])('invalid_request for the acr_values %j', async (acr_values) => {
    expect(await asking({ acr_values })).toEqual([400, 'invalid_request']);
  });

  it('ignores what it does not know, and a user_code, which is not announced', async () => {
    expect(await asking({ foo: 'bar', user_code: '1234' })).toEqual([200, undefined]);
  });

  it('takes no parameter from the query string', async () => {
    const path = '/service/bc-authorize?scope=openid&login_hint=alice';
    const response = await fetch(world.publicUrl + path, {
      method: 'POST',
      headers: { Authorization: `Basic ${btoa('desk:secret')}` },
    });
    expect(response.status).toBe(400);
  });
});
