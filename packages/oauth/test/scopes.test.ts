import { describe, expect, it } from '@jest/globals';
import { parseScope, scopesOfClaims } from '../src/scopes.js';

describe('parseScope', () => {
  it('keeps the order and drops duplicates', () => {
    expect(parseScope('b a  b')).toEqual(['b', 'a']);
  });

  it.each(['api:read\ninjected', 'a"b', 'a\\b', 'é'])('GR-08 refuses %j (RFC 6749 section 3.3)', (scope) => {
    expect(() => parseScope(scope)).toThrow(expect.objectContaining({ code: 'invalid_scope' }));
  });
});

describe('scopesOfClaims', () => {
  it('reads a string, an array and scp, and tells absent from malformed', () => {
    expect(scopesOfClaims({ scope: 'a b' })).toEqual(['a', 'b']);
    expect(scopesOfClaims({ scope: ['a'] })).toEqual(['a']);
    expect(scopesOfClaims({ scp: ['a'] })).toEqual(['a']);
    expect(scopesOfClaims({})).toBeUndefined();
    expect(scopesOfClaims({ scope: 1 })).toBeNull();
  });
});
