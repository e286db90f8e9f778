import { createPublicKey, createSecretKey } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { createTestKey, signTestToken } from '@mandate/testing';
import { verifySignature } from '../../src/index.js';

const key = createTestKey('RS256');
const publicKey = createPublicKey(key.privateKey);
const token = signTestToken(key, { sub: 'a' });

describe('verifySignature', () => {
  it('tries every key given, and is content with one', () => {
    const otherKey = createPublicKey(createTestKey('RS256').privateKey);
    const keys = [otherKey, publicKey].map((candidate) => ({ algorithms: ['RS256'], key: candidate }));
    expect(verifySignature(token, 'RS256', keys)).toBe(true);
    expect(verifySignature(token, 'RS256', keys.slice(0, 1))).toBe(false);
    expect(verifySignature(token, 'RS256', [])).toBe(false);
  });

  it('T2 passes over a key that is not bound to the algorithm, even where it would verify (RFC 8725 section 3.1)', () => {
    expect(verifySignature(token, 'RS256', [{ algorithms: ['PS256'], key: publicKey }])).toBe(false);
    const secret = Buffer.from(publicKey.export({ type: 'spki', format: 'der' }));
    const forgery = signTestToken({ ...key, alg: 'HS256', privateKey: createSecretKey(secret) }, { sub: 'a' });
    expect(verifySignature(forgery, 'HS256', [{ algorithms: ['RS256'], key: createSecretKey(secret) }])).toBe(false);
  });

  it('goes by the algorithm asked for, not by the one in the header', () => {
    const keys = [{ algorithms: ['RS256', 'PS256'], key: publicKey }];
    expect(verifySignature(token, 'PS256', keys)).toBe(false);
  });
});
