import { createHash, createPublicKey, createSecretKey, generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { TEST_START, createTestKey, signTestParts, signTestToken } from '@mandate/testing';
import {
  ISSUER,
  claims,
  jwksOf,
  key,
  rsaKey,
  verdict,
  tokenOf,
  verifier,
  verifierFor,
  withClaims,
} from '../verifier-fixture.js';

describe('createTokenVerifier', () => {
  it('answers what the token says, as data', async () => {
    const members = { client_id: 'app', scope: 'a b', aud: ['x', 'y'], jti: 'id-1', act: { sub: 'bob' } };
    const token = await tokenOf(withClaims(members));
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
      id: `sha256:${createHash('sha256')
        .update(JSON.stringify([ISSUER, 'id-1']))
        .digest('base64url')}`,
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
    const testKey = createTestKey(alg);
    const by = verifierFor({ jwks: jwksOf(testKey) });
    const token = signTestToken(testKey, claims);
    expect(await verdict(token, by)).toBe('ok');
    const [head = '', body = '', signature = ''] = token.split('.');
    const bytes = Buffer.from(signature, 'base64url');
    bytes[5] = (bytes[5] ?? 0) ^ 1;
    expect(await verdict(`${head}.${body}.${bytes.toString('base64url')}`, by)).toBe('bad_signature');
    const otherPayload = Buffer.from(JSON.stringify({ ...claims, sub: 'mallory' })).toString('base64url');
    expect(await verdict(`${head}.${otherPayload}.${signature}`, by)).toBe('bad_signature');
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
      const forgedKey = { ...createTestKey('HS256', { kid: 'r1' }) };
      forgedKey.privateKey = createSecretKey(Buffer.from(secret));
      expect(await verdict(signTestToken(forgedKey, claims))).toBe('unknown_key');
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
    const unpaddedSignature = sign('sha512', Buffer.from(`${head}.${body}`), rsaKey.privateKey);
    const variants = [
      Buffer.concat([Buffer.alloc(1), sound]),
      sound.subarray(1),
      Buffer.alloc(256),
      unpaddedSignature,
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

  it('T15 selects the key set by issuer before kid: a token of B that claims to be of A is refused', async () => {
    const otherKey = createTestKey('ES256', { kid: 'k1' });
    const verifier = verifierFor({}, { issuer: 'https://b.example', jwks: jwksOf(otherKey) });
    expect(await verdict(signTestToken(otherKey, { ...claims, iss: 'https://b.example' }), verifier)).toBe('ok');
    expect(await verdict(signTestToken(otherKey, claims), verifier)).toBe('bad_signature');
    expect(await verdict(signTestToken(key, { ...claims, iss: 'https://b.example' }), verifier)).toBe('bad_signature');
  });

  it.each(['https://evil.example', `${ISSUER}/`, ISSUER.toUpperCase(), '', '__proto__', undefined, null, 1, [ISSUER]])(
    'T16 refuses the unlisted issuer %j',
    async (iss) => {
      expect(await verdict(withClaims({ iss }))).toBe('unknown_issuer');
    },
  );

  it('narrows the algorithms to those of the issuer', async () => {
    const only = verifierFor({ algorithms: ['RS256'] });
    expect(await verdict(signTestToken(key, claims), only)).toBe('algorithm_not_allowed');
    expect(await verdict(signTestToken(rsaKey, claims), only)).toBe('ok');
  });

  it('chooses by alg within the issuer when the kid names a key of another algorithm (docs/openam.md)', async () => {
    expect(await verdict(signTestToken(key, claims, { kid: 'r1' }))).toBe('ok');
    expect(await verdict(signTestToken(createTestKey('ES256'), claims, { kid: 'r1' }))).toBe('bad_signature');
  });

  it('refuses every random change of a token, and never throws', async () => {
    const token = signTestToken(key, claims);
    await fc.assert(
      fc.asyncProperty(fc.nat(token.length - 1), fc.constantFrom(...Array.from('AQZgw059-_.')), async (at, letter) => {
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
    const forgedToken = signTestParts(
      { ...key, privateKey },
      JSON.stringify({ alg: 'ES256', kid: 'k1', typ: 'at+jwt' }),
      JSON.stringify(claims),
    );
    expect(await verdict(forgedToken)).toBe('bad_signature');
  });
});
