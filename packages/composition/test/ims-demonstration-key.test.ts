import { describe, expect, it } from '@jest/globals';
import { createTestKey } from '@mandate/testing';
import { isDemonstrationKey } from '../src/ims-demonstration-key.js';

const json = JSON.stringify({ kty: 'OCT', alg: 'HS256', k: 'FdFYFzERwC2uCBB46pZQi4GG85LujR8obt-KWRBICVQ' }, null, 4);
const base64 = Buffer.from(json).toString('base64');

describe('isDemonstrationKey', () => {
  it.each([
    ['in base64, as the manifests print it', base64],
    ['in lines of base64', base64.replaceAll(/.{40}/g, '$&\n')],
    ['in base64url', Buffer.from(json).toString('base64url')],
    ['as JSON, as the Consul export prints it', json],
  ])('knows the published key %s', (_how, jwk) => {
    expect(isDemonstrationKey(jwk)).toBe(true);
  });

  it('knows no other key for it', () => {
    const own = JSON.stringify(createTestKey('HS256').privateJwk);
    expect([own, Buffer.from(own).toString('base64')].map(isDemonstrationKey)).toEqual([false, false]);
  });
});
