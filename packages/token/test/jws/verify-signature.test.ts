import { createPublicKey, createSecretKey } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { createTestKey, signTestToken } from '@mandate/testing';
import { verifySignature } from '../../src/index.js';
import { type CompactJws, parseCompactJws } from '../../src/jws/compact-jws.js';

const key = createTestKey('RS256');
const publicKey = createPublicKey(key.privateKey);
const token = signTestToken(key, { sub: 'a' });

function read(text: string): CompactJws {
  const parsed = parseCompactJws(text);
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.jws;
}

describe('verifySignature', () => {
  it('tries every key given, and is content with one', () => {
    const otherKey = createPublicKey(createTestKey('RS256').privateKey);
    const keys = [otherKey, publicKey].map((candidate) => ({ algorithms: ['RS256'], key: candidate }));
    expect(verifySignature(read(token), keys)).toBe(true);
    expect(verifySignature(read(token), keys.slice(0, 1))).toBe(false);
    expect(verifySignature(read(token), [])).toBe(false);
  });

  it('T2 passes over a key that is not bound to the algorithm, even where it would verify (RFC 8725 section 3.1)', () => {
    expect(verifySignature(read(token), [{ algorithms: ['PS256'], key: publicKey }])).toBe(false);
    const secret = Buffer.from(publicKey.export({ type: 'spki', format: 'der' }));
    const forgery = signTestToken({ ...key, alg: 'HS256', privateKey: createSecretKey(secret) }, { sub: 'a' });
    expect(verifySignature(read(forgery), [{ algorithms: ['RS256'], key: createSecretKey(secret) }])).toBe(false);
  });
});
