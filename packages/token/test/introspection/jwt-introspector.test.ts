import { describe, expect, it } from '@jest/globals';
import { type JsonObject, UpstreamError } from '@mandate/ports';
import {
  TEST_START,
  createTestKey,
  describeTokenIntrospectorContract,
  fixedClock,
  signTestParts,
  signTestToken,
} from '@mandate/testing';
import {
  type Introspection,
  type TokenTypeHint,
  createJwtIntrospector,
  createStaticIssuerKeys,
  createTokenVerifier,
  parseTokenTypeHint,
} from '../../src/index.js';

const key = createTestKey('ES256', { kid: 'k1' });
const jwks = { keys: [key.publicJwk] } as unknown as JsonObject;
const issuers = createStaticIssuerKeys({
  issuers: [
    { issuer: 'https://foreign.example', jwks },
    { issuer: 'https://own.example', jwks, own: true },
    { issuer: 'https://ids.example', jwks, allowIdTokens: true },
  ],
});
const introspector = createJwtIntrospector({ verifier: createTokenVerifier({ issuers, clock: fixedClock() }) });
const claims = { iss: 'https://own.example', sub: 'alice', exp: TEST_START + 600, iat: TEST_START, client_id: 'app' };
const foreign = { iss: 'https://foreign.example', sub: 'alice', exp: TEST_START + 600 };

async function answer(token: string, hint?: TokenTypeHint): Promise<JsonObject> {
  const result = await introspector.introspect(token, hint);
  if (result.outcome !== 'active') throw new Error(result.outcome);
  return result.claims;
}
const outcome = async (token: string, hint?: TokenTypeHint): Promise<Introspection> =>
  introspector.introspect(token, hint);
const inactive = (reason: string): Introspection => ({ outcome: 'inactive', reason }) as Introspection;

describeTokenIntrospectorContract('jwt', () =>
  Promise.resolve({
    introspector,
    activeToken: signTestToken(key, claims),
    subject: 'alice',
    inactiveToken: signTestToken(key, { ...claims, exp: TEST_START - 1 }),
  }),
);

describe('createJwtIntrospector', () => {
  it('IN-12 answers a client credentials token with client_id, scope, exp, iat, iss, aud and token_type', async () => {
    const token = signTestToken(key, {
      ...claims,
      sub: 'app',
      aud: ['app', 'api'],
      scope: ['read', 'write'],
      jti: 'j',
    });
    expect({ ...(await answer(token)) }).toEqual({
      iss: 'https://own.example',
      sub: 'app',
      aud: ['app', 'api'],
      client_id: 'app',
      scope: 'read write',
      token_type: 'Bearer',
      exp: TEST_START + 600,
      iat: TEST_START,
      jti: 'j',
    });
  });

  it('IN-13 answers an exchanged token with act, may_act and additional claims in their token form', async () => {
    const members = { act: { sub: 'bob', act: { sub: 'carol' } }, may_act: { sub: 'dave' }, department: ['x'] };
    expect(await answer(signTestToken(key, { ...claims, ...members }))).toMatchObject(members);
  });

  it('IN-22 T18 echoes cnf, and says DPoP for a token bound to a DPoP key (RFC 9449 section 6.2)', async () => {
    const dpop = { jkt: 'thumbprint' };
    expect(await answer(signTestToken(key, { ...claims, cnf: dpop }))).toMatchObject({ cnf: dpop, token_type: 'DPoP' });
    const mtls = { 'x5t#S256': 'thumbprint' };
    expect(await answer(signTestToken(key, { ...claims, cnf: mtls }))).toMatchObject({
      cnf: mtls,
      token_type: 'Bearer',
    });
  });

  it('T19 lets no claim of the token stand in for a member of the server (RFC 7662 section 2.2)', async () => {
    const text = `{"iss":"https://own.example","sub":"alice","exp":${TEST_START + 60},"active":false,"username":"root","token_type":"DPoP",
      "__proto__":{"admin":true},"constructor":{"prototype":{}},"client_id":"app","cid":"other"}`;
    const token = signTestParts(key, JSON.stringify({ alg: 'ES256', kid: 'k1', typ: 'at+jwt' }), text);
    const members = await answer(token);
    expect(Object.keys(members)).toEqual(['iss', 'sub', 'client_id', 'token_type', 'exp', 'cid']);
    expect(members).toMatchObject({ token_type: 'Bearer', client_id: 'app' });
    expect(Object.getPrototypeOf(members)).toBeNull();
    expect(({} as Record<string, unknown>)['admin']).toBeUndefined();
  });

  it('T21 keeps the answer well-formed JSON whatever sub is', async () => {
    const sub = 'a\r\n\0\u202e\ud800"}';
    const members = await answer(signTestToken(key, { ...claims, sub }));
    expect(JSON.parse(JSON.stringify(members))).toMatchObject({ sub });
  });

  it('answers an ID token only with the hint id_token, or where its issuer is set up so', async () => {
    const idToken = signTestToken(key, { ...foreign, aud: 'app', nonce: 'n' }, { typ: 'JWT' });
    expect(await outcome(idToken)).toEqual(inactive('id_token_not_asked_for'));
    expect(await outcome(idToken, 'access_token')).toEqual(inactive('id_token_not_asked_for'));
    expect(await answer(idToken, 'id_token')).toMatchObject({ sub: 'alice', nonce: 'n' });
    expect(await answer(idToken, 'id_token')).not.toHaveProperty('token_type');
    const token = signTestToken(key, { ...foreign, iss: 'https://ids.example', nonce: 'n' }, { typ: undefined });
    expect((await outcome(token)).outcome).toBe('active');
  });

  it.each([
    ['an ID token', 'JWT', { nonce: 'n', aud: 'app' }],
    ['a logout token', 'logout+jwt', { events: {} }],
    ['a logout token without a type', undefined, { events: {} }],
    ['a DPoP proof', 'dpop+jwt', { htm: 'POST', htu: 'https://x' }],
    ['a client assertion', undefined, { sub: 'app', aud: 'https://own.example' }],
    ['an introspection answer', 'token-introspection+jwt', { token_introspection: { active: true } }],
  ])('IN-20 does not take %s for an access token, same issuer, same key', async (_kind, typ, members) => {
    expect(await outcome(signTestToken(key, { ...claims, client_id: undefined, ...members }, { typ }))).toEqual(
      inactive('wrong_type'),
    );
  });

  it('IN-21 does not take an encrypted JWT for its own', async () => {
    expect(await outcome('eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0..AAAA.AAAA.AAAA')).toEqual({ outcome: 'not_mine' });
  });

  it('leaves tokens of unknown issuers and of other shapes to the next service, and says inactive to the rest', async () => {
    expect(await outcome(signTestToken(key, { ...claims, iss: 'https://other.example' }))).toEqual({
      outcome: 'not_mine',
    });
    expect(await outcome('x'.repeat(20_000))).toEqual({ outcome: 'not_mine' });
    expect(await outcome(signTestToken(key, { ...claims, exp: TEST_START }))).toEqual(inactive('expired'));
    expect(await outcome(signTestToken(createTestKey('ES256', { kid: 'k1' }), claims))).toEqual(
      inactive('bad_signature'),
    );
  });

  it('says neither active nor inactive when the keys cannot be had (settled choice 2)', async () => {
    const down = new UpstreamError('issuer_keys', 'timeout');
    const failingIntrospector = createJwtIntrospector({ verifier: { verify: () => Promise.reject(down) } });
    await expect(failingIntrospector.introspect('x')).rejects.toBe(down);
  });
});

describe('parseTokenTypeHint', () => {
  it.each([
    ['access_token', 'access_token'],
    ['id_token', 'id_token'],
    ['openam_sso', 'openam_sso'],
    ['ssotoken', 'openam_sso'],
    ['sso_token', 'openam_sso'],
    ['refresh_token', undefined],
    ['ACCESS_TOKEN', undefined],
    ['__proto__', undefined],
    [undefined, undefined],
  ])('reads %j as %j', (text, hint) => {
    expect(parseTokenTypeHint(text)).toBe(hint);
  });
});
