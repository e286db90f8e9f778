import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '@mandate/ports';
import { TEST_START, createTestKey, describeIssuerKeysContract, fixedClock, signTestToken } from '@mandate/testing';
import {
  combineIssuerKeys,
  createKeyStore,
  createStaticIssuerKeys,
  createTokenVerifier,
  openidIssuerRecord,
  ownIssuerKeys,
  parseSigningJwkBase64,
  parseTrustedIssuers,
  staticIssuerRecord,
  withOwnIssuer,
} from '../../src/index.js';

const key = createTestKey('ES256', { kid: 'k1' });
const jwks = { keys: [key.publicJwk] } as unknown as JsonObject;
const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64');

describeIssuerKeysContract('static', ({ publicJwk }) => {
  const issuers = parseTrustedIssuers(JSON.stringify([{ issuer: 'https://a.example', jwks: { keys: [publicJwk] } }]));
  return Promise.resolve({ issuerKeys: createStaticIssuerKeys({ issuers }), issuer: 'https://a.example' });
});

describeIssuerKeysContract('own', ({ privateJwk }) => {
  const signingKeys = parseSigningJwkBase64(base64(privateJwk));
  const keyStore = createKeyStore({ current: () => signingKeys });
  return Promise.resolve({ issuerKeys: ownIssuerKeys('https://own.example', keyStore), issuer: 'https://own.example' });
});

describeIssuerKeysContract('IMS variables', ({ privateJwk }) => {
  const settings = { issuer: 'https://ims.example', jwkBase64: base64(privateJwk), tokenIssuer: 'x' };
  return Promise.resolve({
    issuerKeys: createStaticIssuerKeys({ issuers: [staticIssuerRecord(settings)] }),
    issuer: 'https://ims.example',
  });
});

describe('parseTrustedIssuers', () => {
  it('reads records, comments included', () => {
    const text = `[ // ours
      {"issuer":"https://a.example","jwksUri":"http://10.0.0.1/jwks","audience":"api","own":true},
      {"issuer":"https://b.example","openid":true,"algorithms":["ES256"],"maxLifetimeSeconds":60,"allowIdTokens":true},
      {"issuer":"d","jwksUri":"https://d.example/jwks","tokens":"access"},
      {"issuer":"c","jwks":${JSON.stringify(jwks)},"mayAssertMayAct":true,"mayAssertAct":true,"requireAccessTokenType":true}]`;
    const records = parseTrustedIssuers(text);
    expect(records.map(({ issuer }) => issuer)).toEqual(['https://a.example', 'https://b.example', 'd', 'c']);
    expect(records[2]).toMatchObject({ tokens: 'access' });
    expect(records[0]).toEqual({
      issuer: 'https://a.example',
      jwksUri: 'http://10.0.0.1/jwks',
      audience: ['api'],
      own: true,
    });
  });

  const record = (members: object): unknown => [{ issuer: 'https://a.example', ...members }];
  it.each([
    ['no JSON', '{secret', /^is not JSON/],
    ['no array', '{}', 'is not an array of issuers'],
    ['no issuer', [{ openid: true }], /^\[0\]\.issuer: /],
    ['no source of keys', record({}), /^\[0\]: needs exactly one/],
    ['two sources of keys', record({ openid: true, jwks }), /^\[0\]: needs exactly one/],
    ['an unknown member', record({ openid: true, trusted: true }), /^\[0\]: has the unknown member "trusted"/],
    [
      'an unknown algorithm',
      record({ openid: true, algorithms: ['none'] }),
      /^\[0\]\.algorithms\[0\]: is not supported/,
    ],
    [
      'a lifetime as text',
      record({ openid: true, maxLifetimeSeconds: '60' }),
      /^\[0\]\.maxLifetimeSeconds: must be a number/,
    ],
    ['a lifetime of 0', record({ openid: true, maxLifetimeSeconds: 0 }), /^\[0\]\.maxLifetimeSeconds: Too small/],
    [
      'a bearer token for keys without TLS',
      record({ jwksUri: 'http://a/jwks', bearerTokenFile: '/t' }),
      /^\[0\]: .*need.* https/,
    ],
    ['an authority for keys that are not fetched', record({ jwks, caFile: '/ca' }), /^\[0\]: .*need.* https/],
    ['a jwksUri that is no URL', record({ jwksUri: 'file:///secret' }), /^\[0\]\.jwksUri: is not an http/],
    ['openid for a name', [{ issuer: 'name', openid: true }], /^\[0\]: openid: true needs an issuer/],
    ['keys that are no set', record({ jwks: {} }), /^\[0\]\.jwks: is not a JWKS/],
    ['an empty key set', record({ jwks: { keys: [] } }), /^\[0\]\.jwks: has no key/],
    [
      'T22 a weak key',
      record({ jwks: { keys: [key.publicJwk, { kty: 'oct', k: 'c2hvcnQ' }] } }),
      /^\[0\]\.jwks\.keys\[1\]: is refused: short_secret/,
    ],
    [
      'a secret beside a public key',
      record({ jwks: { keys: [key.publicJwk, createTestKey('HS256').privateJwk] } }),
      /^\[0\]\.jwks: mixes a symmetric key with asymmetric ones/,
    ],
    [
      'another word for tokens',
      record({ openid: true, tokens: 'refresh' }),
      /^\[0\]\.tokens: .*expected one of "access"\|"id"/,
    ],
    ['K7 a private key', record({ jwks: key.privateJwk }), /^\[0\]\.jwks\.keys\[0\]: is refused: private_members/],
    [
      'the same issuer twice',
      [...(record({ openid: true }) as []), ...(record({ openid: true }) as [])],
      /^\[1\]\.issuer: is listed twice/,
    ],
  ])('refuses %s, naming the place and no value', (_kind, value, message) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    expect(() => parseTrustedIssuers(text)).toThrow(message);
    expect(() => parseTrustedIssuers(text)).not.toThrow(/\/secret|\{secret|c2hvcnQ/);
  });

  it('names every problem of every record at once, with line and column', () => {
    const issuers = [{ openid: true }, { issuer: 'a', jwks: { keys: [{ kty: 'oct', k: 'c2hvcnQ' }] } }];
    expect(() => parseTrustedIssuers(JSON.stringify({ issuers }, undefined, 1))).toThrow(
      'issuers[0].issuer: is required (line 3, column 3); ' +
        'issuers[1].jwks.keys[0]: is refused: short_secret (line 10, column 6)',
    );
  });
});

describe('the terms of an issuer', () => {
  const termsOf = (members: object): unknown =>
    createStaticIssuerKeys({ issuers: [{ issuer: 'i', jwks, ...members }] }).keysFor('i');

  it('believes a foreign issuer in nothing beyond its tokens, for a day', () => {
    expect(termsOf({})).toMatchObject({
      trust: { own: false, mayAssertMayAct: false, mayAssertAct: false, allowIdTokens: false },
      maxLifetimeSeconds: 86_400,
      requireAccessTokenType: false,
    });
  });

  it('believes our own services in act and may_act, and requires at+jwt of them', () => {
    expect(termsOf({ own: true })).toMatchObject({
      trust: { own: true, mayAssertMayAct: true, mayAssertAct: true, allowIdTokens: false },
      requireAccessTokenType: true,
    });
    expect(termsOf({ own: true })).not.toHaveProperty('maxLifetimeSeconds');
  });

  it('refuses a record without a usable key', () => {
    expect(() => createStaticIssuerKeys({ issuers: [{ issuer: 'i', openid: true }] })).toThrow('i: has no usable key');
  });
});

describe('staticIssuerRecord', () => {
  it('is our own issuer only under TOKEN_ISSUER, and need not write at+jwt elsewhere (IMS)', () => {
    const jwkBase64 = base64({ ...createTestKey('HS256').privateJwk, kty: 'OCT' });
    const termsFor = (tokenIssuer: string): unknown =>
      createStaticIssuerKeys({ issuers: [staticIssuerRecord({ issuer: 'a', jwkBase64, tokenIssuer })] }).keysFor('a');
    const trust = { mayAssertAct: true, mayAssertMayAct: true };
    expect(termsFor('a')).toMatchObject({ trust: { own: true, ...trust }, requireAccessTokenType: true });
    expect(termsFor('b')).toMatchObject({ trust: { own: false, ...trust }, requireAccessTokenType: false });
  });

  it('verifies tokens without kid of a key without kid', async () => {
    const ims = createTestKey('HS256');
    const record = staticIssuerRecord({
      issuer: 'ims',
      jwkBase64: base64({ ...ims.privateJwk, kid: undefined }),
      tokenIssuer: 'x',
    });
    const verifier = createTokenVerifier({
      issuers: createStaticIssuerKeys({ issuers: [record] }),
      clock: fixedClock(),
    });
    const claims = { iss: 'ims', sub: 's', exp: TEST_START + 60 };
    expect(await verifier.verify(signTestToken(ims, claims, { kid: undefined, typ: undefined }))).toMatchObject({
      ok: true,
    });
    expect(await verifier.verify(signTestToken(ims, claims, { kid: 'any', typ: 'JWT' }))).toMatchObject({ ok: true });
  });

  const mixedSet = { keys: [key.publicJwk, createTestKey('HS256').privateJwk] };
  it.each(['', '%%%', base64('text'), base64({}), base64({ kty: 'oct', k: 'AA' }), base64(mixedSet)])(
    'refuses %j',
    (jwkBase64) => {
      expect(() => staticIssuerRecord({ issuer: 'a', jwkBase64, tokenIssuer: 'b' })).toThrow(
        expect.objectContaining({ name: 'FileError' }),
      );
    },
  );
});

describe('openidIssuerRecord', () => {
  it('takes the issuer or the address of its discovery document', () => {
    expect(openidIssuerRecord('https://am.example/oauth2')).toEqual({
      issuer: 'https://am.example/oauth2',
      openid: true,
    });
    const document = 'https://am.example/oauth2/.well-known/openid-configuration';
    expect(openidIssuerRecord(document)).toEqual({ issuer: 'https://am.example/oauth2', openid: document });
  });
});

describe('withOwnIssuer', () => {
  it('verifies our own name with our keys and with those configured for it, on our own terms', async () => {
    const [ownKey, foreignKey] = [createTestKey('ES256'), createTestKey('ES256')];
    const issuerOf = (testKey: typeof ownKey, own: boolean) =>
      createStaticIssuerKeys({ issuers: [{ issuer: 'us', own, jwks: { keys: [testKey.publicJwk] } }] });
    const issuers = withOwnIssuer(issuerOf(foreignKey, false), issuerOf(ownKey, true));
    const verifier = createTokenVerifier({ issuers, clock: fixedClock() });
    const claims = { iss: 'us', sub: 's', exp: TEST_START + 60 };
    for (const testKey of [ownKey, foreignKey]) {
      expect(await verifier.verify(signTestToken(testKey, claims))).toMatchObject({ ok: true });
      expect(await verifier.verify(signTestToken(testKey, claims, { typ: 'JWT' }))).toMatchObject({ ok: false });
    }
    expect(issuers.keysFor('others')).toBeUndefined();
  });
});

describe('combineIssuerKeys', () => {
  it('asks the sources in order: the first that knows an issuer answers for it (ISSUER_JWK_STORE)', async () => {
    const source = (audience: string, ...names: string[]): ReturnType<typeof createStaticIssuerKeys> =>
      createStaticIssuerKeys({ issuers: names.map((issuer) => ({ issuer, jwks, audience: [audience] })) });
    const combination = combineIssuerKeys([source('first', 'a'), source('second', 'a', 'b')]);
    expect(combination.keysFor('a')?.audience).toEqual(['first']);
    expect(combination.keysFor('b')?.audience).toEqual(['second']);
    expect(combination.keysFor('c')).toBeUndefined();
    expect(combination.issuers()).toEqual(['a', 'b']);
    expect(await combination.check?.()).toEqual([]);
  });
});
