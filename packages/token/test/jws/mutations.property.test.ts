import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type TestKey, cpuMilliseconds, createTestKey, fixedClock, signTestToken } from '@mandate/testing';
import { createStaticIssuerKeys, createTokenVerifier } from '../../src/index.js';
import { MAX_TOKEN_LENGTH, parseCompactJws } from '../../src/jws/compact-jws.js';
import { claims, jwksOf } from '../verifier-fixture.js';
import { mutations, partsOf } from './token-mutations.js';

const keys: TestKey[] = ['ES256', 'RS256', 'PS256', 'EdDSA', 'HS256', 'ES512'].map((alg) =>
  createTestKey(alg, { kid: alg }),
);
/** Valid tokens, one issuer for each algorithm and one more that has the keys of all. */
const tokens = keys.flatMap((key) => [
  signTestToken(key, { ...claims, iss: `https://${key.alg}.example` }),
  signTestToken(key, { ...claims, iss: 'https://all.example', scope: 'a b', act: { sub: 'x', act: { sub: 'y' } } }),
]);
const issuers = [
  ...keys.map((key) => ({ issuer: `https://${key.alg}.example`, jwks: jwksOf(key) })),
  { issuer: 'https://all.example', jwks: jwksOf(...keys) },
];
const verifier = createTokenVerifier({ issuers: createStaticIssuerKeys({ issuers }), clock: fixedClock() });
const originals = new Set(tokens);

const mutation = fc.constantFrom(...Object.values(mutations));
const change = fc.record({ mutation, at: fc.nat(100_000), other: fc.constantFrom(...tokens) });

describe('a valid token that was changed', () => {
  it('verifies as long as it was not', async () => {
    for (const token of tokens) expect(await verifier.verify(token)).toMatchObject({ ok: true });
  });

  it('T9 T3 never verifies, whatever one to three changes it had, and is a refusal, never an error', async () => {
    const property = fc.asyncProperty(
      fc.constantFrom(...tokens),
      fc.array(change, { minLength: 1, maxLength: 3 }),
      async (token, changes) => {
        const changedToken = changes.reduce((text, { mutation, at, other }) => mutation(text, at, other), token);
        fc.pre(!originals.has(changedToken));
        const result = await verifier.verify(changedToken);
        expect(result).toEqual({ ok: false, reason: expect.stringMatching(/^[a-z_]+$/) });
      },
    );
    await fc.assert(property, { numRuns: 3000 });
  }, 120_000);

  it('T20 T11 is read in bounded work and without an error, whatever bytes its parts are', async () => {
    const bytes = fc.uint8Array({ maxLength: 6000 }).map((array) => Buffer.from(array).toString('base64url'));
    const json = fc.json({ maxDepth: 8 }).map((text) => Buffer.from(text).toString('base64url'));
    const part = fc.oneof(bytes, json, ...tokens.map((token) => fc.constantFrom(...partsOf(token))));
    const property = fc.asyncProperty(fc.array(part, { maxLength: 6 }), async (partTexts) => {
      const text = partTexts.join('.');
      fc.pre(!originals.has(text));
      expect((await verifier.verify(text)).ok).toBe(false);
    });
    await fc.assert(property, { numRuns: 1000 });
  }, 120_000);

  it.each([
    ['brackets', '['.repeat(12_000)],
    ['braces', '{"a":'.repeat(2400)],
    ['backslashes', `{"a":"${'\\'.repeat(12_000)}"}`],
    ['quotes', '"'.repeat(12_000)],
    ['escaped quotes', `{"a":"${String.raw`\"`.repeat(6000)}"}`],
    ['members of one name', `{${'"a":1,'.repeat(2000)}"b":1}`],
    ['members of many names', `{${Array.from({ length: 1500 }, (_, index) => `"${index}":1`).join()}}`],
    ['digits', `{"exp":${'9'.repeat(12_000)}}`],
    ['a long exponent', `{"exp":1e${'9'.repeat(12_000)}}`],
    ['white space', `{${' '.repeat(12_000)}`],
  ])('S9 T20 costs no more than its length: %s', (_name, text) => {
    const part = Buffer.from(text).toString('base64url');
    const parse = (): void => void parseCompactJws(`${part.slice(0, MAX_TOKEN_LENGTH - 10)}.${part.slice(0, 4)}.AAAA`);
    const twenty = () => Array.from({ length: 20 }, parse);
    expect(cpuMilliseconds(twenty) / 20).toBeLessThan(50);
  });
});
