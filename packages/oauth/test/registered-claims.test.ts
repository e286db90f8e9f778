import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { additionalClaims, audienceClaim, REGISTERED_CLAIMS } from '../src/index.js';
import { type JsonObject } from '@mandate/ports';

describe('additionalClaims', () => {
  it('keeps the claims of a client or a policy, values untouched', () => {
    const extra = { department: 'sales', groups: ['a'], nested: { iss: 'kept: not at the top' } };
    expect(additionalClaims(extra)).toEqual(extra);
  });

  it.each([...REGISTERED_CLAIMS])('T19 never lets %s through', (name) => {
    const extra = Object.fromEntries([[name, 'forged']]) as JsonObject;
    expect(Object.keys(additionalClaims(extra))).toEqual([]);
  });

  it.each([
    'iss',
    'sub',
    'aud',
    'exp',
    'nbf',
    'iat',
    'jti',
    'client_id',
    'scope',
    'scp',
    'act',
    'may_act',
    'cnf',
    'anc',
    'acr',
    'amr',
  ])('counts %s as registered', (name) => {
    expect(REGISTERED_CLAIMS.has(name)).toBe(true);
  });

  it('X9 lets may_act through only where the policy is asked for it', () => {
    const extra = { may_act: { sub: 'bob' }, sub: 'mallory', colour: 'red' };
    expect(additionalClaims(extra)).toEqual({ colour: 'red' });
    expect(additionalClaims(extra, ['may_act'])).toEqual({ may_act: { sub: 'bob' }, colour: 'red' });
  });

  it('is never wider than what it was given, and never holds a registered claim', () => {
    const name = fc.oneof(fc.string(), fc.constantFrom(...REGISTERED_CLAIMS));
    fc.assert(
      fc.property(fc.dictionary(name, fc.string(), { noNullPrototype: false }), (extra) => {
        const additional = additionalClaims(extra);
        expect(Object.keys(additional)).toEqual(Object.keys(extra).filter((claim) => !REGISTERED_CLAIMS.has(claim)));
      }),
    );
  });
});

describe('audienceClaim (RFC 7519 section 4.1.3)', () => {
  it('is a string when single, else an array', () => {
    expect(audienceClaim(['a'])).toBe('a');
    expect(audienceClaim(['a', 'b'])).toEqual(['a', 'b']);
    expect(audienceClaim([])).toEqual([]);
  });
});
