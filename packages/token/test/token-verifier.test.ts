import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { JsonObject } from '@mandate/oauth';
import { TEST_START, type TestKey, createTestKey, fixedClock, signTestParts, signTestToken } from '@mandate/testing';
import {
  type TokenVerifier,
  type TrustedIssuerRecord,
  type VerifiedToken,
  createStaticIssuerKeys,
  createTokenVerifier,
} from '../src/index.js';

const ISSUER = 'https://issuer.example';
const key = createTestKey('ES256', { kid: 'k1' });
const rsaKey = createTestKey('RS256', { kid: 'r1' });
const jwksOf = (...keys: TestKey[]): JsonObject =>
  ({ keys: keys.map(({ publicJwk }) => publicJwk) }) as unknown as JsonObject;
const claims = { iss: ISSUER, sub: 'alice', exp: TEST_START + 600, iat: TEST_START };

function verifierFor(record: Partial<TrustedIssuerRecord> = {}, ...more: TrustedIssuerRecord[]): TokenVerifier {
  const issuers = createStaticIssuerKeys({
    issuers: [{ issuer: ISSUER, jwks: jwksOf(key, rsaKey), ...record }, ...more],
  });
  return createTokenVerifier({ issuers, clock: fixedClock() });
}

const verifier = verifierFor();
const own = verifierFor({ own: true });

async function verdict(token: string, by: TokenVerifier = verifier): Promise<string> {
  const result = await by.verify(token);
  return result.ok ? 'ok' : result.reason;
}

async function verified(token: string, by: TokenVerifier = verifier): Promise<VerifiedToken> {
  const result = await by.verify(token);
  if (!result.ok) throw new Error(result.reason);
  return result.token;
}

const withClaims = (members: object): string => signTestToken(key, { ...claims, ...members });
const withTyp = (typ: unknown, members: object = {}): string => signTestToken(key, { ...claims, ...members }, { typ });

describe('createTokenVerifier', () => {
  it('answers what the token says, as data', async () => {
    const members = { client_id: 'app', scope: 'a b', aud: ['x', 'y'], jti: 'id-1', act: { sub: 'bob' } };
    const token = await verified(withClaims(members));
    expect(token).toMatchObject({
      header: { alg: 'ES256', kid: 'k1', typ: 'at+jwt' },
      kind: 'access_token',
      issuer: ISSUER,
      subject: 'alice',
      clientId: 'app',
      scopes: ['a', 'b'],
      audience: ['x', 'y'],
      expiresAt: TEST_START + 600,
      issuedAt: TEST_START,
      id: 'id-1',
      trust: { own: false, mayAssertMayAct: false, mayAssertAct: false, allowIdTokens: false },
    });
    expect(Object.getPrototypeOf(token.claims)).toBeNull();
  });

  it.each([
    'HS256',
    'HS384',
    'HS512',
    'RS256',
    'RS384',
    'RS512',
    'PS256',
    'PS384',
    'PS512',
    'ES256',
    'ES384',
    'ES512',
    'EdDSA',
    'Ed25519',
  ])('verifies %s, and refuses it after a change of one bit (RFC 7518, RFC 8037)', async (alg) => {
    const made = createTestKey(alg);
    const by = verifierFor({ jwks: jwksOf(made) });
    const token = signTestToken(made, claims);
    expect(await verdict(token, by)).toBe('ok');
    const [head = '', body = '', signature = ''] = token.split('.');
    const bytes = Buffer.from(signature, 'base64url');
    bytes[5] = (bytes[5] ?? 0) ^ 1;
    expect(await verdict(`${head}.${body}.${bytes.toString('base64url')}`, by)).toBe('bad_signature');
    const other = Buffer.from(JSON.stringify({ ...claims, sub: 'mallory' })).toString('base64url');
    expect(await verdict(`${head}.${other}.${signature}`, by)).toBe('bad_signature');
  });

  it('T2 refuses an HMAC keyed with the public key in any form (RFC 8725 section 2.1)', async () => {
    const publicKey = createPublicKey(rsaKey.privateKey);
    const secrets = [
      publicKey.export({ type: 'spki', format: 'pem' }),
      publicKey.export({ type: 'spki', format: 'der' }),
      publicKey.export({ type: 'pkcs1', format: 'pem' }),
      JSON.stringify(rsaKey.publicJwk),
      Buffer.from(rsaKey.publicJwk.n ?? '', 'base64url'),
    ];
    for (const secret of secrets) {
      const forged = { ...createTestKey('HS256', { kid: 'r1' }) };
      const { createSecretKey } = await import('node:crypto');
      forged.privateKey = createSecretKey(Buffer.from(secret));
      expect(await verdict(signTestToken(forged, claims))).toBe('unknown_key');
    }
  });

  it('T2 refuses a key under another algorithm of its own family', async () => {
    expect(await verdict(signTestToken({ ...rsaKey, alg: 'PS256' }, claims))).toBe('unknown_key');
    expect(await verdict(signTestToken({ ...rsaKey, alg: 'RS512' }, claims))).toBe('unknown_key');
  });

  it('T3 refuses zero, DER, short, long and out-of-range ECDSA signatures (CVE-2022-21449)', async () => {
    const [head = '', body = ''] = signTestToken(key, claims).split('.');
    const der = sign('sha256', Buffer.from(`${head}.${body}`), key.privateKey);
    const order = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex');
    const one = Buffer.concat([Buffer.alloc(31), Buffer.from([1])]);
    const signatures = [Buffer.alloc(64), der, Buffer.alloc(63, 1), Buffer.alloc(65, 1), Buffer.concat([order, order])];
    signatures.push(Buffer.concat([one, order]), Buffer.concat([order, one]), Buffer.alloc(64, 0xff), Buffer.from([0]));
    for (const signature of signatures) {
      expect(await verdict(`${head}.${body}.${signature.toString('base64url')}`)).toBe('bad_signature');
    }
  });

  it('T4 refuses PKCS#1 signatures with broken padding and of another length (RFC 8017 section 8.2.2)', async () => {
    const [head = '', body = '', signature = ''] = signTestToken(rsaKey, claims).split('.');
    const sound = Buffer.from(signature, 'base64url');
    const unpadded = sign('sha512', Buffer.from(`${head}.${body}`), rsaKey.privateKey);
    const variants = [
      Buffer.concat([Buffer.alloc(1), sound]),
      sound.subarray(1),
      Buffer.alloc(256),
      unpadded,
      Buffer.alloc(256, 0xff),
    ];
    variants.push(Buffer.concat([sound, Buffer.alloc(1)]));
    for (const variant of variants) {
      expect(await verdict(`${head}.${body}.${variant.toString('base64url')}`)).toBe('bad_signature');
    }
  });

  it('T5 judges by configured keys whatever key or address the header offers (RFC 8725 section 3.10)', async () => {
    const mallory = createTestKey('ES256', { kid: 'k1' });
    const offers = {
      jwk: mallory.publicJwk,
      jku: 'http://127.0.0.1:1/jwks',
      x5u: 'http://127.0.0.1:1/x',
      x5c: ['AAAA'],
    };
    expect(await verdict(signTestToken(mallory, claims, offers))).toBe('bad_signature');
    expect(await verdict(signTestToken(mallory, claims, { ...offers, kid: 'other' }))).toBe('unknown_key');
    expect(await verdict(signTestToken(key, claims, offers))).toBe('ok');
  });

  it.each([
    '../../k1',
    "k1' or '1'='1",
    '$(id)',
    'https://evil.example/k1',
    '__proto__',
    'constructor',
    'k1\r\nx: y',
    'k'.repeat(9000),
  ])('T6 knows no key under %j', async (kid) => {
    expect(await verdict(signTestToken(key, claims, { kid }))).toBe('unknown_key');
  });

  it.each([
    ['no exp', undefined, 'no_expiry'],
    ['a string', '1900000000', 'bad_claim'],
    ['null', null, 'bad_claim'],
    ['1e308', 1e308, 'bad_claim'],
    ['milliseconds', (TEST_START + 60) * 1000, 'bad_claim'],
    ['negative', -1, 'bad_claim'],
    ['past', TEST_START - 1, 'expired'],
    ['now', TEST_START, 'expired'],
    ['zero', 0, 'expired'],
    ['an array', [TEST_START + 60], 'bad_claim'],
    ['within a second', TEST_START + 0.5, 'ok'],
  ])('T12 judges exp %s', async (_kind, exp, expected) => {
    expect(await verdict(withClaims({ exp }))).toBe(expected);
  });

  it('T12 caps the remaining lifetime of foreign tokens at 24 hours, or as the issuer is configured', async () => {
    const long = withClaims({ exp: TEST_START + 86_401 });
    expect(await verdict(long)).toBe('lifetime_too_long');
    expect(await verdict(withClaims({ exp: TEST_START + 86_400 }))).toBe('ok');
    expect(await verdict(long, verifierFor({ maxLifetimeSeconds: 90_000 }))).toBe('ok');
    expect(await verdict(withClaims({ exp: TEST_START + 61 }), verifierFor({ maxLifetimeSeconds: 60 }))).toBe(
      'lifetime_too_long',
    );
    expect(await verdict(withClaims({ exp: 253_402_300_799 }), own)).toBe('ok');
    expect(await verdict(withClaims({ exp: 253_402_300_800 }), own)).toBe('bad_claim');
  });

  it.each([
    [{ nbf: TEST_START + 8 }, 'ok'],
    [{ nbf: TEST_START + 30 }, 'ok'],
    [{ nbf: TEST_START + 31 }, 'not_yet_valid'],
    [{ nbf: TEST_START + 61 }, 'not_yet_valid'],
    [{ nbf: String(TEST_START) }, 'bad_claim'],
    [{ nbf: null }, 'bad_claim'],
    [{ iat: TEST_START + 8 }, 'ok'],
    [{ iat: TEST_START + 31 }, 'issued_in_future'],
    [{ iat: TEST_START + 61 }, 'issued_in_future'],
    [{ iat: '1' }, 'bad_claim'],
    [{ iat: -1 }, 'bad_claim'],
  ])('T13 judges %j with a skew of 30 seconds', async (members, expected) => {
    expect(await verdict(withClaims(members))).toBe(expected);
  });

  it.each([
    ['https://api.example', 'ok'],
    [['other', 'https://api.example'], 'ok'],
    [undefined, 'wrong_audience'],
    ['', 'wrong_audience'],
    [[], 'wrong_audience'],
    ['https://api.example/', 'wrong_audience'],
    ['https://API.example', 'wrong_audience'],
    ['https://api.exampl', 'wrong_audience'],
    ['https://api.example x', 'wrong_audience'],
    [[['https://api.example']], 'bad_claim'],
    [['https://api.example', 1], 'bad_claim'],
    [{ '0': 'https://api.example' }, 'bad_claim'],
    [null, 'bad_claim'],
    [5, 'bad_claim'],
  ])('T14 matches aud %j exactly (RFC 8725 section 3.9)', async (aud, expected) => {
    expect(await verdict(withClaims({ aud }), verifierFor({ audience: ['https://api.example'] }))).toBe(expected);
  });

  it('T15 selects the key set by issuer before kid: a token of B that claims to be of A is refused', async () => {
    const other = createTestKey('ES256', { kid: 'k1' });
    const both = verifierFor({}, { issuer: 'https://b.example', jwks: jwksOf(other) });
    expect(await verdict(signTestToken(other, { ...claims, iss: 'https://b.example' }), both)).toBe('ok');
    expect(await verdict(signTestToken(other, claims), both)).toBe('bad_signature');
    expect(await verdict(signTestToken(key, { ...claims, iss: 'https://b.example' }), both)).toBe('bad_signature');
  });

  it.each(['https://evil.example', `${ISSUER}/`, ISSUER.toUpperCase(), '', '__proto__', undefined, null, 1, [ISSUER]])(
    'T16 refuses the unlisted issuer %j',
    async (iss) => {
      expect(await verdict(withClaims({ iss }))).toBe('unknown_issuer');
    },
  );

  it.each([
    'logout+jwt',
    'dpop+jwt',
    'token-introspection+jwt',
    'oauth-authz-req+jwt',
    'client-authentication+jwt',
    'secevent+jwt',
    'JOSE',
    '',
    'at+jwt ',
  ])('T17 refuses typ %j at any issuer (RFC 8725 section 3.11)', async (typ) => {
    expect(await verdict(withTyp(typ))).toBe('wrong_type');
    expect(await verdict(withTyp(typ), own)).toBe('wrong_type');
  });

  it.each([undefined, 'JWT', 'jwt', 'at+jwt', 'AT+JWT', 'application/at+jwt'])(
    'accepts typ %j of a foreign issuer',
    async (typ) => {
      expect(await verdict(withTyp(typ))).toBe('ok');
    },
  );

  it.each([undefined, 'JWT'])('T17 requires at+jwt of our own issuer, refuses %j (RFC 9068 section 4)', async (typ) => {
    expect(await verdict(withTyp(typ, { client_id: 'app' }), own)).toBe('wrong_type');
    expect(await verdict(withTyp(typ, { nonce: 'n' }), own)).toBe('wrong_type');
    expect(await verdict(withTyp(typ, { nonce: 'n' }), verifierFor({ own: true, allowIdTokens: true }))).toBe('ok');
  });

  it('T17 refuses a token with events at any issuer (OpenID Connect Back-Channel Logout section 2.4)', async () => {
    expect(await verdict(withTyp('JWT', { events: {} }))).toBe('wrong_type');
    expect(await verdict(withTyp('at+jwt', { events: null }), own)).toBe('wrong_type');
  });

  it.each([
    ['at+jwt', {}, 'access_token'],
    ['JWT', { client_id: 'c' }, 'access_token'],
    ['JWT', { scope: '', nonce: 'n' }, 'access_token'],
    ['JWT', { scp: [] }, 'access_token'],
    ['JWT', { nonce: 'n' }, 'id_token'],
    ['JWT', { at_hash: 'h' }, 'id_token'],
    [undefined, { c_hash: 'h' }, 'id_token'],
    ['JWT', { azp: 'app' }, 'id_token'],
    ['JWT', {}, 'jwt'],
  ])('tells typ %j with %j to be an %s (wire-contract.md section 4)', async (typ, members, kind) => {
    expect((await verified(withTyp(typ, members))).kind).toBe(kind);
  });

  it('takes the client from client_id, else azp, else cid, and keeps absent scope apart from empty scope', async () => {
    expect((await verified(withClaims({ client_id: 'a', azp: 'b', cid: 'c' }))).clientId).toBe('a');
    expect((await verified(withClaims({ azp: 'b', cid: 'c' }))).clientId).toBe('b');
    expect((await verified(withClaims({ cid: 'c' }))).clientId).toBe('c');
    expect((await verified(withClaims({}))).scopes).toBeUndefined();
    expect((await verified(withClaims({ scope: '' }))).scopes).toEqual([]);
  });

  it('names a token without jti by its digest', async () => {
    expect((await verified(withClaims({}))).id).toMatch(/^sha256:[\w-]{43}$/);
  });

  it.each([
    { sub: 1 },
    { sub: '' },
    { sub: null },
    { jti: 1 },
    { client_id: ['x'] },
    { azp: {} },
    { cnf: 'x' },
    { cnf: [] },
    { scope: 1 },
    { scope: [1] },
  ])('refuses the claim %j of a wrong type (RFC 7519 section 4.1)', async (members) => {
    expect(await verdict(withClaims(members))).toBe('bad_claim');
  });

  it('narrows the algorithms to those of the issuer', async () => {
    const only = verifierFor({ algorithms: ['RS256'] });
    expect(await verdict(signTestToken(key, claims), only)).toBe('algorithm_not_allowed');
    expect(await verdict(signTestToken(rsaKey, claims), only)).toBe('ok');
  });

  it('chooses by alg within the issuer when the kid names a key of another algorithm (am-behaviour.md)', async () => {
    expect(await verdict(signTestToken(key, claims, { kid: 'r1' }))).toBe('ok');
    expect(await verdict(signTestToken(createTestKey('ES256'), claims, { kid: 'r1' }))).toBe('bad_signature');
  });

  it('T21 passes odd characters of sub through as data', async () => {
    const sub = 'a\r\nb\0\u202e\ud800';
    expect((await verified(withClaims({ sub }))).subject).toBe(sub);
  });

  it('refuses every random change of a token, and never throws', async () => {
    const token = signTestToken(key, claims);
    await fc.assert(
      fc.asyncProperty(fc.nat(token.length - 1), fc.constantFrom(...'AQZgw059-_.'), async (at, letter) => {
        fc.pre(token[at] !== letter);
        return (await verdict(`${token.slice(0, at)}${letter}${token.slice(at + 1)}`)) !== 'ok';
      }),
      { numRuns: 300 },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.constantFrom('sub', 'aud', 'exp', 'iat', 'scope', 'cnf', 'jti'), fc.jsonValue()),
        async (members) => {
          await verifier.verify(withClaims(members));
        },
      ),
    );
  });

  it('tries no key of another curve than the algorithm asks for', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
    const forged = signTestParts(
      { ...key, privateKey },
      JSON.stringify({ alg: 'ES256', kid: 'k1', typ: 'at+jwt' }),
      JSON.stringify(claims),
    );
    expect(await verdict(forged)).toBe('bad_signature');
  });
});
