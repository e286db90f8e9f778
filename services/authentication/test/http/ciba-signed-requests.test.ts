import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestKey, TEST_START, signTestToken } from '@mandate/testing';
import { AGREED, CLIENT_KEY, type CibaWorld, startCibaWorld } from './ciba-world.js';
import { ISSUER, outcome } from './start-authentication.js';

let world: CibaWorld;
beforeAll(async () => {
  world = await startCibaWorld({ CIBA_MAX_OPEN_REQUESTS: '100' });
});
afterAll(() => world.stop());

const present = async (request: string, form: Record<string, string> = {}) =>
  outcome(await world.post({ request, ...form }, { path: '/service/bc-authorize', basic: 'signer:secret' }));
const presentSigned = (...args: Parameters<CibaWorld['signedRequest']>) => present(world.signedRequest(...args));

const ACCEPTED = [200, undefined];
const REFUSED = [400, 'invalid_request'];

describe('CIBA 7.1.1: a signed request', () => {
  it('asks what its claims say', async () => {
    const claims = {
      scope: 'openid read',
      requested_expiry: 45,
      acr_values: 'high low',
      resource: ['https://a.example.com', 'https://b.example.com'],
      authorization_details: [AGREED],
    };
    expect(await presentSigned(claims)).toEqual(ACCEPTED);
    expect(world.lastQuestion()).toMatchObject({
      sub: 'alice',
      client_id: 'signer',
      scope: 'openid read',
      acr_values: 'high low',
      resource: claims.resource,
      binding_message: 'W-4711',
      authorization_details: [AGREED],
      exp: TEST_START + 45,
    });
  });

  it.each([
    ['the expiry as text', { requested_expiry: '45' }, {}],
    ['one resource as text', { resource: 'https://a.example.com' }, {}],
    ['our name among others', { aud: ['https://other.example.com', ISSUER] }, {}],
    ['the type of a request object', {}, { typ: 'oauth-authz-req+jwt' }],
    ['no type', {}, { typ: undefined }],
    ['a clock 20 seconds ahead', { iat: TEST_START + 20, nbf: TEST_START + 20 }, {}],
    ['an hour of life', { exp: TEST_START + 3600 }, {}],
  ])('may have %s', async (_name, claims, header) => {
    expect(await presentSigned(claims, header)).toEqual(ACCEPTED);
  });

  it.each([
    ['for another server', { aud: 'https://other.example.com' }],
    ['for nobody', { aud: undefined }],
    ['of another client', { iss: 'desk' }],
    ['of nobody', { iss: undefined }],
    ['without exp', { exp: undefined }],
    ['without iat', { iat: undefined }],
    ['without nbf', { nbf: undefined }],
    ['without jti', { jti: undefined }],
    ['that has expired', { exp: TEST_START - 31 }],
    ['of later', { nbf: TEST_START + 31 }],
    ['issued later', { iat: TEST_START + 31 }],
    ['FAPI-CIBA 5.2.2 that lives for more than an hour', { exp: TEST_START + 3601 }],
    [
      'FAPI-CIBA 5.2.2 of more than an hour ago',
      { nbf: TEST_START - 3601, iat: TEST_START - 3601, exp: TEST_START - 1 },
    ],
    ['with an exp that is text', { exp: String(TEST_START + 60) }],
    ['with a scope that is a list', { scope: ['openid'] }],
    ['with an empty hint', { login_hint: '' }],
    ['with a fraction of a second', { requested_expiry: 45.5 }],
    ['with two hints', { id_token_hint: 'x' }],
  ])('is refused %s', async (_name, claims) => {
    expect(await presentSigned(claims)).toEqual(REFUSED);
  });

  it.each([
    ['an access token', 'at+jwt'],
    ['a client assertion', 'client-authentication+jwt'],
  ])('is refused as %s', async (_name, typ) => {
    expect(await presentSigned({}, { typ })).toEqual(REFUSED);
  });

  it('P5 is refused with another key, another algorithm, none, or changed', async () => {
    const request = world.signedRequest();
    const claims = JSON.parse(Buffer.from(request.split('.')[1] ?? '', 'base64url').toString()) as object;
    const forgedRequest = signTestToken(createTestKey('ES256', { kid: CLIENT_KEY.kid }), { ...claims }, { typ: 'JWT' });
    const [header = '', payload = '', signature = ''] = request.split('.');
    const other = Buffer.from(JSON.stringify({ ...claims, login_hint: 'mallory' })).toString('base64url');
    const none = Buffer.from('{"alg":"none"}').toString('base64url');
    for (const wrong of [forgedRequest, `${header}.${other}.${signature}`, `${none}.${payload}.`, 'x', 'a.b.c', '']) {
      expect(await present(wrong)).toEqual(REFUSED);
    }
    expect(await presentSigned({}, { alg: 'ES384' })).toEqual(REFUSED);
    expect(await present(request)).toEqual(ACCEPTED);
  });

  it('P5 is accepted once and no more', async () => {
    const request = world.signedRequest();
    expect(await present(request)).toEqual(ACCEPTED);
    expect(await present(request)).toEqual(REFUSED);
  });

  it('P5 stands alone: no parameter beside it counts for it', async () => {
    for (const [name, value] of [
      ['scope', 'openid'],
      ['login_hint', 'mallory'],
      ['binding_message', 'x'],
      ['authorization_details', '[]'],
    ] as const) {
      expect(await present(world.signedRequest(), { [name]: value })).toEqual(REFUSED);
    }
    expect(await present(world.signedRequest(), { client_id: 'signer' })).toEqual(ACCEPTED);
  });

  it('FAPI-CIBA 5.2.2 is demanded of a client that is registered for it, with something to tell it by', async () => {
    expect(outcome(await world.ask({ login_hint: 'alice' }, 'signer'))).toEqual(REFUSED);
    expect(await presentSigned({ binding_message: undefined })).toEqual([400, 'invalid_binding_message']);
    expect(await presentSigned({ binding_message: undefined, authorization_details: [AGREED] })).toEqual(ACCEPTED);
  });
});
