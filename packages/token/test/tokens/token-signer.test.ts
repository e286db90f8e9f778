import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodeProtectedHeader } from 'jose';
import type { JsonObject, JsonValue } from '@mandate/ports';
import { TEST_START, createTestKey, signTestToken } from '@mandate/testing';
import {
  createKeyStore,
  createTokenSigner,
  createTokenVerifier,
  issuingError,
  ownIssuerKeys,
  parseCompactJws,
  parseSigningJwkBase64,
  readRegisteredClaims,
} from '../../src/index.js';
import { UnacceptableTokenError } from '../../src/tokens/token-signer.js';

const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64');

describe('createTokenSigner', () => {
  const keySet = parseSigningJwkBase64(base64(createTestKey('ES256').privateJwk));

  it('writes alg, kid and typ into the header, at+jwt unless asked otherwise (RFC 9068 section 2.1)', async () => {
    const keyStore = createKeyStore({ current: () => keySet });
    const signer = createTokenSigner({ keyStore });
    const { kid, alg } = keySet.signingKey;
    expect(decodeProtectedHeader(await signer.sign({ exp: 9 }))).toEqual({ alg, kid, typ: 'at+jwt' });
    expect(decodeProtectedHeader(await signer.sign({}, { typ: 'token-introspection+jwt' }))).toMatchObject({
      typ: 'token-introspection+jwt',
    });
  });

  it('signs with the new key after a reload', async () => {
    let current = parseSigningJwkBase64(base64(createTestKey('ES256', { kid: 'old' }).privateJwk));
    const signer = createTokenSigner({ keyStore: createKeyStore({ current: () => current }) });
    expect(decodeProtectedHeader(await signer.sign({ exp: 9 })).kid).toBe('old');
    current = parseSigningJwkBase64(base64(createTestKey('ES256', { kid: 'new' }).privateJwk));
    expect(decodeProtectedHeader(await signer.sign({ exp: 9 })).kid).toBe('new');
  });

  describe.each(['HS256', 'RS256', 'ES512', 'EdDSA'])('with %s', (testAlg) => {
    const testKey = createTestKey(testAlg);
    const signingKeys = parseSigningJwkBase64(base64(testKey.privateJwk));
    const signer = createTokenSigner({ keyStore: createKeyStore({ current: () => signingKeys }) });
    const tokenOfLength = (length: number) => signer.sign({ exp: TEST_START + 60, iss: 'us', sub: 's'.repeat(length) });
    const issuers = ownIssuerKeys('us', createKeyStore({ current: () => signingKeys }));

    it('signs no access token that would be too large to be accepted, and every other', async () => {
      const verifier = createTokenVerifier({ issuers, clock: () => TEST_START });
      let [fits, exceeds] = [1, 16_384];
      while (exceeds - fits > 1) {
        const middle = Math.floor((fits + exceeds) / 2);
        const token = await tokenOfLength(middle).catch((error: unknown) => error);
        if (typeof token === 'string') fits = middle;
        else {
          expect(token).toMatchObject({ name: 'UnacceptableTokenError', reason: 'too_large' });
          exceeds = middle;
        }
      }
      expect(fits).toBeGreaterThan(11_000);
      expect(await verifier.verify(await tokenOfLength(fits))).toMatchObject({ ok: true });
    });
  });

  it.each([
    ['without exp', {}, 'no_expiry'],
    ['with an azp that is no name', { azp: 7 }, 'bad_claim'],
    ['nested too deeply', { a: JSON.parse(`${'['.repeat(120)}${']'.repeat(120)}`) as JsonValue }, 'malformed'],
  ])('signs no access token %s, but other JWTs as they are', async (_name, members, reason) => {
    const claims: JsonObject = reason === 'no_expiry' ? members : { exp: TEST_START + 60, ...members };
    const signer = createTokenSigner({ keyStore: createKeyStore({ current: () => keySet }) });
    await expect(signer.sign(claims)).rejects.toMatchObject({ name: 'UnacceptableTokenError', reason });
    expect(decodeProtectedHeader(await signer.sign(claims, { typ: 'JWT' }))).toMatchObject({ typ: 'JWT' });
  });

  it('tells a client in the error of an unacceptable token what to do, and leaves other errors alone', () => {
    const tooLarge = issuingError(new UnacceptableTokenError('too_large'));
    expect(tooLarge).toMatchObject({ code: 'invalid_request', detail: 'too_large' });
    expect(String(tooLarge)).toMatch(/ask for fewer scopes/);
    const bug = new TypeError('bug');
    expect(issuingError(bug)).toBe(bug);
  });
});

describe('a token that is signed', () => {
  it('is refused exactly where a verifier would refuse it, whatever its claims are', async () => {
    const deep = fc
      .integer({ min: 95, max: 104 })
      .map((depth) => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`) as JsonValue);
    const value = fc.oneof(fc.jsonValue(), deep, fc.constantFrom('\ud800', '\u0000', 1e21, -0, null));
    const claimSet = fc.dictionary(fc.constantFrom('sub', 'jti', 'aud', 'exp', 'nbf', 'cnf', 'scope', 'x'), value);
    const key = createTestKey('HS256');
    const keySet = parseSigningJwkBase64(base64(key.privateJwk));
    const signer = createTokenSigner({ keyStore: createKeyStore({ current: () => keySet }) });
    const property = fc.asyncProperty(claimSet, async (members) => {
      const claims = { exp: 2_000_000_000, ...members } as JsonObject;
      const result = parseCompactJws(signTestToken(key, claims));
      const claimsResult = result.ok ? readRegisteredClaims(result.jws.claims) : result;
      const outcome = await signer.sign(claims).then(
        () => 'signed',
        (error: unknown) => (error instanceof UnacceptableTokenError ? error.reason : error),
      );
      expect(outcome).toBe(claimsResult.ok ? 'signed' : claimsResult.reason);
    });
    await fc.assert(property, { numRuns: 500 });
  });
});
