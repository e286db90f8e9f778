import { describe, expect, it } from '@jest/globals';
import { createPublicKey } from 'node:crypto';
import type { JsonObject } from '@mandate/ports';
import { createTestKey } from '@mandate/testing';
import { importJwk } from '../../src/keys/jwk.js';
import { checkEd25519Key, checkRsaKey } from '../../src/keys/key-strength.js';
import { hasRocaFingerprint } from '../../src/keys/roca.js';
import { readVerificationKeys } from '../../src/keys/verification-keys.js';

const rsa = createTestKey('RS256');
const n = rsa.publicJwk.n ?? '';
const modulus = Buffer.from(n, 'base64url');
const exponent = Buffer.from([1, 0, 1]);
const bytesOf = (value: bigint): Buffer => Buffer.from(value.toString(16).padStart(512, '0'), 'hex');

/** A number built as the defective library builds its primes: k * M + (65537^a mod M). */
function rocaNumber(bits: number): bigint {
  const primes = [
    3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103,
  ];
  const more = [107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167];
  const primorial = [...primes, ...more].reduce((product, prime) => product * BigInt(prime), 2n);
  let power = 1n;
  for (let exponentOf = 0; exponentOf < 12_345; exponentOf++) power = (power * 65537n) % primorial;
  return ((1n << BigInt(bits - 1)) / primorial + 1n) * primorial + power;
}

const reasonOf = (jwk: object): string => {
  const result = importJwk(jwk as JsonObject);
  return result.ok ? 'ok' : result.reason;
};

describe('checkRsaKey', () => {
  it('T22 accepts a sound key of 2,048 bits', () => {
    expect(checkRsaKey(modulus, exponent)).toBeUndefined();
  });

  it.each([[0], [1], [2], [4], [1, 0, 0]])('T22 refuses the exponent %j', (...bytes) => {
    expect(checkRsaKey(modulus, Buffer.from(bytes))).toBe('rsa_exponent');
  });

  it('T22 accepts e = 3 and refuses an exponent beyond 32 bits', () => {
    expect(checkRsaKey(modulus, Buffer.from([3]))).toBeUndefined();
    expect(checkRsaKey(modulus, Buffer.from([1, 0, 0, 0, 1]))).toBe('rsa_exponent');
  });

  it('T22 refuses 1,024 bits, 2,047 bits, 8,193 bits and an even modulus', () => {
    const weak = createTestKey('RS256', { rsaBits: 1024 });
    expect(checkRsaKey(Buffer.from(weak.publicJwk.n ?? '', 'base64url'), exponent)).toBe('rsa_modulus');
    expect(checkRsaKey(bytesOf((1n << 2047n) - 1n), exponent)).toBe('rsa_modulus');
    expect(checkRsaKey(bytesOf((1n << 8192n) + 1n), exponent)).toBe('rsa_modulus');
    expect(checkRsaKey(bytesOf(1n << 2047n), exponent)).toBe('rsa_modulus');
  });

  it('T22 refuses the ROCA fingerprint (CVE-2017-15361) and finds it in no sound key', () => {
    const defective = rocaNumber(1024) * rocaNumber(1025);
    expect(hasRocaFingerprint(defective)).toBe(true);
    expect(checkRsaKey(bytesOf(rocaNumber(2048)), exponent)).toBe('roca');
    expect(hasRocaFingerprint(defective + 2n)).toBe(false);
    for (let keys = 0; keys < 5; keys++) {
      const sound = Buffer.from(createTestKey('RS256').publicJwk.n ?? '', 'base64url').toString('hex');
      expect(hasRocaFingerprint(BigInt(`0x${sound}`))).toBe(false);
    }
  });
});

describe('checkEd25519Key (RFC 8032 section 5.1.3)', () => {
  it.each([
    '0100000000000000000000000000000000000000000000000000000000000000',
    '0000000000000000000000000000000000000000000000000000000000000000',
    '0000000000000000000000000000000000000000000000000000000000000080',
    'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
    'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  ])('T22 refuses the point %s of small order or in a second encoding', (hex) => {
    expect(checkEd25519Key(Buffer.from(hex, 'hex'))).toBe('low_order_point');
  });

  it('accepts a generated key', () => {
    expect(reasonOf(createTestKey('EdDSA').publicJwk)).toBe('ok');
  });
});

describe('importJwk', () => {
  const ec = createTestKey('ES256').publicJwk;

  it('T22 refuses a point that is not on its curve', () => {
    const y = Buffer.from(ec.y ?? '', 'base64url');
    y[31] = (y[31] ?? 0) ^ 1;
    expect(reasonOf({ ...ec, y: y.toString('base64url') })).toBe('not_on_curve');
  });

  it.each([
    ['n as a number', { ...rsa.publicJwk, n: 5 }],
    ['n with padding', { ...rsa.publicJwk, n: `${n}==` }],
    ['n in standard base64', { ...rsa.publicJwk, n: `${n.slice(0, -4)}+/+/` }],
    ['a short coordinate', { ...ec, x: (ec.x ?? '').slice(4) }],
    ['a long coordinate', { ...ec, x: `AAAA${ec.x ?? ''}` }],
    ['no coordinate', { kty: 'EC', crv: 'P-256', x: ec.x }],
    ['a broken private member', { ...rsa.publicJwk, d: 'AQAB' }],
    ['an empty secret', { kty: 'oct', k: '' }],
  ])('T22 refuses %s', (_kind, jwk) => {
    expect(reasonOf(jwk)).toBe('malformed_members');
  });

  it.each([
    [{ ...ec, kid: 1 }, 'malformed_key'],
    ['text' as unknown as object, 'malformed_key'],
    [{ kty: 'EC', crv: 'secp256k1', x: ec.x, y: ec.y }, 'unsupported_key'],
    [{ kty: 'OKP', crv: 'X25519', x: ec.x }, 'unsupported_key'],
    [{ kty: 'OKP', crv: 'P-256', x: ec.x }, 'unsupported_key'],
    [{ kty: 'oct', k: Buffer.alloc(31).toString('base64url') }, 'short_secret'],
    [{ kty: 'oct', alg: 'HS512', k: Buffer.alloc(63).toString('base64url') }, 'algorithm_mismatch'],
    [{ ...ec, alg: 'ES384' }, 'algorithm_mismatch'],
    [{ ...ec, alg: 'HS256' }, 'algorithm_mismatch'],
    [{ ...rsa.publicJwk, alg: 'RSA-OAEP' }, 'not_for_signatures'],
    [{ ...ec, use: 'enc' }, 'not_for_signatures'],
    [{ ...ec, key_ops: ['deriveKey'] }, 'not_for_signatures'],
    [{ ...ec, key_ops: [] }, 'not_for_signatures'],
    [{ ...ec, key_ops: 'verify' }, 'not_for_signatures'],
    [{ ...ec, use: ['sig'] }, 'not_for_signatures'],
    [{ ...ec, alg: 1 }, 'algorithm_mismatch'],
    [{ ...createTestKey('EdDSA').publicJwk, alg: 'ES256' }, 'algorithm_mismatch'],
    [{ ...rsa.publicJwk, alg: 'HS256' }, 'algorithm_mismatch'],
    [{ ...rsa.publicJwk, alg: 'none' }, 'not_for_signatures'],
    [{ ...createTestKey('EdDSA').publicJwk, x: Buffer.alloc(31, 9).toString('base64url') }, 'malformed_members'],
    [{ ...createTestKey('EdDSA').publicJwk, x: Buffer.alloc(33, 9).toString('base64url') }, 'malformed_members'],
    [{ ...ec, crv: 'P-384' }, 'malformed_members'],
    [{ ...ec, x: Buffer.alloc(32).toString('base64url'), y: Buffer.alloc(32).toString('base64url') }, 'not_on_curve'],
    [{ ...ec, x: Buffer.alloc(32, 0xff).toString('base64url') }, 'not_on_curve'],
  ])('T22 refuses %j as %s', (jwk, reason) => {
    expect(reasonOf(jwk)).toBe(reason);
  });

  it('binds the algorithms to the key: its alg, or what its type and size allow', () => {
    const algorithmsOf = (jwk: object): readonly string[] => {
      const result = importJwk(jwk as JsonObject);
      return result.ok ? result.key.algorithms : [];
    };
    expect(algorithmsOf(rsa.publicJwk)).toEqual(['RS256']);
    expect(algorithmsOf({ kty: 'RSA', n, e: 'AQAB' })).toContain('PS512');
    expect(algorithmsOf({ ...ec, alg: undefined })).toEqual(['ES256']);
    expect(algorithmsOf({ kty: 'oct', k: Buffer.alloc(48, 1).toString('base64url') })).toEqual(['HS256', 'HS384']);
  });

  it('reads kty in any case and ignores unknown members (IMS)', () => {
    expect(reasonOf({ ...ec, kty: 'ec', x5t: 1, nbf: {}, 'x-y': [] })).toBe('ok');
    expect(reasonOf({ ...createTestKey('HS256').privateJwk, kty: 'OCT' })).toBe('ok');
  });

  it('reads the 33-byte coordinates and 257-byte moduli of AM (docs/openam.md)', () => {
    const signByte = (text = ''): string =>
      Buffer.concat([Buffer.alloc(1), Buffer.from(text, 'base64url')]).toString('base64url');
    const result = importJwk({ ...ec, x: signByte(ec.x), y: signByte(ec.y) });
    if (!result.ok) throw new Error(result.reason);
    expect(result.key.publicKey?.equals(createPublicKey({ key: ec, format: 'jwk' }))).toBe(true);
    expect(reasonOf({ ...rsa.publicJwk, n: signByte(n) })).toBe('ok');
  });
});

describe('readVerificationKeys', () => {
  const publishedRules = { symmetric: false, privateMembers: false };
  const ec = createTestKey('ES256', { kid: 'good' });

  it('T22 keeps the sound keys of a set and says which others went, and why', () => {
    const keys = [
      createTestKey('RS256', { kid: 'weak', rsaBits: 1024 }).publicJwk,
      createTestKey('HS256', { kid: 'secret' }).privateJwk,
      createTestKey('ES256', { kid: 'private' }).privateJwk,
      ec.publicJwk,
      createTestKey('ES256', { kid: 'good' }).publicJwk,
      'not a key',
      { ...ec.publicJwk, kid: 7 },
      { ...ec.publicJwk, use: null },
      { ...ec.publicJwk, x: `${ec.publicJwk.x}=` },
      { ...ec.publicJwk, kid: null },
    ];
    const keySet = readVerificationKeys({ keys }, publishedRules);
    expect(keySet?.keys.map(({ kid }) => kid)).toEqual(['good', 'good']);
    expect(keySet?.refused).toEqual([
      { index: 0, kid: 'weak', reason: 'rsa_modulus' },
      { index: 1, kid: 'secret', reason: 'symmetric_key' },
      { index: 2, kid: 'private', reason: 'private_members' },
      { index: 5, reason: 'malformed_key' },
      { index: 6, kid: '7', reason: 'malformed_key' },
      { index: 7, kid: 'good', reason: 'not_for_signatures' },
      { index: 8, kid: 'good', reason: 'malformed_members' },
      { index: 9, reason: 'malformed_key' },
    ]);
  });

  it('keeps two keys of one kid, also where their algorithms do not tell them apart (RFC 7517 section 4.5)', () => {
    const twins = { keys: [ec.publicJwk, createTestKey('RS256', { kid: 'good' }).publicJwk] };
    expect(readVerificationKeys(twins as unknown as JsonObject, publishedRules)?.keys).toHaveLength(2);
    const changedSet = { keys: [ec.publicJwk, createTestKey('ES256', { kid: 'good' }).publicJwk] };
    expect(readVerificationKeys(changedSet as unknown as JsonObject, publishedRules)?.keys).toHaveLength(2);
  });

  it('JW-14 refuses a set of more than 100 keys, and what is no set', () => {
    const keys = Array<unknown>(101).fill(ec.publicJwk);
    expect(readVerificationKeys({ keys } as unknown as JsonObject, publishedRules)).toBeUndefined();
    for (const value of [null, 'x', [], {}, { keys: {} }, { keys: 'x' }]) {
      expect(readVerificationKeys(value as JsonObject, publishedRules)).toBeUndefined();
    }
  });
});
