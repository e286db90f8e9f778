import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createStaticIssuerKeys, createTokenVerifier, type TokenVerifier } from '@mandate/token';
import { createTestKey, fixedClock, signTestToken, TEST_START } from '@mandate/testing';

const key = createTestKey('ES256');
const other = createTestKey('ES256', { kid: key.kid });
const ISSUER = 'https://users.example.com';

const good = { iss: ISSUER, sub: 'alice', aud: 'gateway', exp: TEST_START + 600, iat: TEST_START };
/** Tokens that are refused, each for a reason of its own. */
const refusedTokens = [
  signTestToken(key, { ...good, exp: TEST_START - 100 }),
  signTestToken(key, { ...good, iss: 'https://unknown.example.com' }),
  signTestToken(key, { ...good, nbf: TEST_START + 1000 }),
  signTestToken(other, good),
  signTestToken(key, good, { typ: 'dpop+jwt' }),
  signTestToken(key, good, { crit: ['exp'] }),
];

const insert = (text: string, at: number, piece: string) => text.slice(0, at) + piece + text.slice(at);
const part = (token: string, index: number) => token.split('.')[index] ?? '';
const replacePart = (token: string, index: number, text: string) =>
  token
    .split('.')
    .map((old, at) => (at === index ? text : old))
    .join('.');
const json = (token: string, index: number) => Buffer.from(part(token, index), 'base64url').toString('utf8');

/** Other spellings of the same token: white space, padding, alphabet, JSON written differently, a part more. */
const reEncodings: ((token: string, at: number) => string)[] = [
  (token, at) => insert(token, at % (token.length + 1), ' '),
  (token, at) => insert(token, at % (token.length + 1), '\n'),
  (token, at) => replacePart(token, at % 3, `${part(token, at % 3)}=`),
  (token, at) => replacePart(token, at % 3, `${part(token, at % 3)}==`),
  (token) => token.replaceAll('-', '+').replaceAll('_', '/'),
  (token, at) => replacePart(token, at % 2, Buffer.from(` ${json(token, at % 2)}`).toString('base64url')),
  (token, at) => replacePart(token, at % 2, Buffer.from(`\ufeff${json(token, at % 2)}`).toString('base64url')),
  (token) =>
    replacePart(
      token,
      1,
      Buffer.from(json(token, 1).replace(/"exp":\d+/, `"exp":${TEST_START + 600}`)).toString('base64url'),
    ),
  (token) =>
    replacePart(
      token,
      1,
      Buffer.from(json(token, 1).replace(/}$/, `,"exp":${TEST_START + 600}}`)).toString('base64url'),
    ),
  (token) => replacePart(token, 0, Buffer.from(json(token, 0).replace('ES256', 'none')).toString('base64url')),
  (token) => `${token}.`,
  (token) => `.${token}`,
  (token) => token.toUpperCase(),
  (token) => encodeURIComponent(token),
  (token) => Buffer.from(token).toString('base64url'),
  (token) =>
    replacePart(
      token,
      2,
      part(token, 2).replace(/.$/, (last) => String.fromCharCode(last.charCodeAt(0) ^ 1)),
    ),
];

describe('a token that was refused is not accepted after re-encoding', () => {
  let verifier: TokenVerifier;
  beforeAll(() => {
    const issuers = createStaticIssuerKeys({ issuers: [{ issuer: ISSUER, jwks: { keys: [key.publicJwk] } }] });
    verifier = createTokenVerifier({ issuers, clock: fixedClock() });
  });

  it('begins from tokens that are refused, beside one that is not', async () => {
    expect(await verifier.verify(signTestToken(key, good))).toMatchObject({ ok: true });
    for (const token of refusedTokens) expect(await verifier.verify(token)).toMatchObject({ ok: false });
  });

  it('T9 in any spelling, one after the other', async () => {
    const steps = fc.array(fc.tuple(fc.constantFrom(...reEncodings), fc.nat()), { minLength: 1, maxLength: 3 });
    const property = fc.asyncProperty(fc.constantFrom(...refusedTokens), steps, async (token, changes) => {
      const spelling = changes.reduce((text, [reEncode, at]) => reEncode(text, at), token);
      expect(await verifier.verify(spelling)).toMatchObject({ ok: false });
    });
    await fc.assert(property, { numRuns: 2000 });
  }, 120_000);
});
