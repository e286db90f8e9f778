import { constants, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CompactSign, compactVerify } from 'jose';
import { createTestKey, signTestToken, type TestKey } from '@mandate/testing';
import { SIGNATURE_ALGORITHMS } from '../../src/jws/algorithms.js';
import { parseCompactJws } from '../../src/jws/compact-jws.js';
import { signJws } from '../../src/jws/sign-jws.js';
import { verifySignature } from '../../src/jws/verify-signature.js';
import { claims } from '../verifier-fixture.js';
import { mutations, partsOf } from './token-mutations.js';

// jose is the oracle: for one key and one algorithm, both judge a signature alike. Before either stands `parseCompactJws`,
// which is deliberately stricter (compact-jws.test.ts).

const keys: TestKey[] = [...SIGNATURE_ALGORITHMS].map((alg) => createTestKey(alg, { kid: alg }));
const publicKeyOf = ({ alg, privateKey }: TestKey): KeyObject =>
  alg.startsWith('HS') ? privateKey : createPublicKey(privateKey);
const publicKeys = keys.map((key) => ({ alg: key.alg, key: publicKeyOf(key) }));
const tokens = keys.map((key) => signTestToken(key, claims));

/** Ours asks the header for the algorithm, jose is told one. */
function weVerify(token: string, alg: string, key: KeyObject): boolean {
  const parsed = parseCompactJws(token);
  if (!parsed.ok || parsed.jws.header.alg !== alg) return false;
  return verifySignature(parsed.jws, [{ algorithms: [alg], key }]);
}

async function joseVerifies(token: string, alg: string, key: KeyObject): Promise<boolean> {
  return compactVerify(token, key, { algorithms: [alg] }).then(
    () => true,
    () => false,
  );
}

/** One key after the other under one algorithm after the other, whatever a key is bound to in service. */
async function judgements(token: string, algs: readonly string[]): Promise<{ ours: string[]; jose: string[] }> {
  const ours: string[] = [];
  const jose: string[] = [];
  for (const { alg: name, key } of publicKeys) {
    for (const alg of algs) {
      if (weVerify(token, alg, key)) ours.push(`${alg} by ${name}`);
      if (await joseVerifies(token, alg, key)) jose.push(`${alg} by ${name}`);
    }
  }
  return { ours, jose };
}

const algorithmOf = (token: string): string | undefined => {
  const result = parseCompactJws(token);
  return result.ok ? result.jws.header.alg : undefined;
};

const withSignature = (token: string, signature: Uint8Array): string =>
  `${partsOf(token).slice(0, 2).join('.')}.${Buffer.from(signature).toString('base64url')}`;

describe('our signatures and those of jose', () => {
  it.each(keys)('are the same to each other: $alg', async ({ alg, kid, privateKey }) => {
    const header = { alg, kid, typ: 'at+jwt' };
    const key = publicKeyOf({ alg, privateKey } as TestKey);
    const payload = JSON.stringify(claims);
    const ours = await signJws(payload, header, privateKey);
    const jose = await new CompactSign(Buffer.from(payload)).setProtectedHeader(header).sign(privateKey);
    expect(partsOf(ours).slice(0, 2)).toEqual(partsOf(jose).slice(0, 2));
    expect(await joseVerifies(ours, alg, key)).toBe(true);
    expect(weVerify(jose, alg, key)).toBe(true);
  });

  it('are judged alike by every key under every algorithm', async () => {
    for (const token of tokens) {
      const { ours, jose } = await judgements(token, [...SIGNATURE_ALGORITHMS]);
      expect(ours).toEqual(jose);
      expect(ours.length).toBeGreaterThan(0);
    }
  });

  it('are judged alike whatever changes a token had that is still one', async () => {
    const change = fc.record({
      mutation: fc.constantFrom(...Object.values(mutations)),
      at: fc.nat(100_000),
      other: fc.constantFrom(...tokens),
    });
    const property = fc.asyncProperty(
      fc.constantFrom(...tokens),
      fc.array(change, { minLength: 1, maxLength: 3 }),
      async (token, changes) => {
        const changedToken = changes.reduce((text, { mutation, at, other }) => mutation(text, at, other), token);
        const alg = algorithmOf(changedToken);
        fc.pre(alg !== undefined);
        const { ours, jose } = await judgements(changedToken, [alg]);
        expect(ours).toEqual(jose);
      },
    );
    await fc.assert(property, { numRuns: 500 });
  }, 120_000);

  it('are judged alike whatever bytes the signature is', async () => {
    const lengths = fc.constantFrom(1, 31, 32, 33, 48, 63, 64, 65, 70, 71, 72, 96, 97, 131, 132, 133, 255, 256, 257);
    const filling = fc.tuple(lengths, fc.constantFrom(0, 1, 0x30, 0x7f, 0xff)).map(([length, byte]) => {
      const bytes = Buffer.alloc(length, byte);
      return bytes;
    });
    const random = lengths.chain((length) => fc.uint8Array({ minLength: length, maxLength: length }));
    const property = fc.asyncProperty(fc.constantFrom(...tokens), fc.oneof(filling, random), async (token, bytes) => {
      const changedToken = withSignature(token, bytes);
      const { ours, jose } = await judgements(changedToken, [algorithmOf(changedToken) ?? '']);
      expect(ours).toEqual(jose);
    });
    await fc.assert(property, { numRuns: 300 });
  }, 120_000);

  it('judge the twin of an ECDSA signature alike: (r, n - s) is valid too (docs/security.md T3)', async () => {
    const order = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');
    const key = publicKeys.find(({ alg }) => alg === 'ES256');
    const token = tokens.find((one) => algorithmOf(one) === 'ES256') ?? '';
    const signature = Buffer.from(partsOf(token)[2] ?? '', 'base64url');
    const s = order - BigInt(`0x${signature.subarray(32).toString('hex')}`);
    const twin = Buffer.concat([signature.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex')]);
    if (key === undefined) throw new Error('there is no ES256 key');
    const ours = weVerify(withSignature(token, twin), 'ES256', key.key);
    expect(ours).toBe(await joseVerifies(withSignature(token, twin), 'ES256', key.key));
  });

  it.each([0, 20, 31, 33, 64])('refuse a PSS salt of %i bytes (RFC 7518 section 3.5)', async (saltLength) => {
    const ps = keys.find(({ alg }) => alg === 'PS256');
    if (ps === undefined) throw new Error('there is no PS256 key');
    const token = signTestToken(ps, claims);
    const input = Buffer.from(partsOf(token).slice(0, 2).join('.'));
    const options = { key: ps.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength };
    const changedToken = withSignature(token, sign('sha256', input, options));
    expect(weVerify(changedToken, 'PS256', publicKeyOf(ps))).toBe(false);
    expect(await joseVerifies(changedToken, 'PS256', publicKeyOf(ps))).toBe(false);
  });

  it('refuse a key of fewer than 2,048 bits and one of another kind, to sign as well', async () => {
    const weak = createTestKey('RS256', { rsaBits: 1024 });
    const token = signTestToken(weak, claims);
    expect(weVerify(token, 'RS256', publicKeyOf(weak))).toBe(false);
    expect(await joseVerifies(token, 'RS256', publicKeyOf(weak))).toBe(false);
    const header = { kid: 'k', typ: 'at+jwt' };
    await expect(signJws('{}', { ...header, alg: 'RS256' }, weak.privateKey)).rejects.toThrow(TypeError);
    await expect(signJws('{}', { ...header, alg: 'ES256' }, createTestKey('ES384').privateKey)).rejects.toThrow(
      TypeError,
    );
    await expect(signJws('{}', { ...header, alg: 'none' }, createTestKey('HS256').privateKey)).rejects.toThrow(
      TypeError,
    );
  });
});
