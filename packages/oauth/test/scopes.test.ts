import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  excessScopes,
  formatScope,
  intersectScopes,
  isScopeToken,
  OAuthError,
  parseScope,
  scopesOfClaims,
} from '../src/index.js';
import { anyText } from '@mandate/testing';

const scopeToken = fc.stringMatching(/^[\x21\x23-\x5b\x5d-\x7e]+$/);
const scopes = fc.uniqueArray(fc.constantFrom('read', 'write', 'admin', 'Read', 'openid', 'read:all'));

describe('parseScope', () => {
  it('keeps the order and drops duplicates', () => {
    expect(parseScope('b a  b')).toEqual(['b', 'a']);
    expect(parseScope(' ')).toEqual([]);
    expect(parseScope(undefined)).toEqual([]);
  });

  it('GR-09 gives the same set in any order', () => {
    expect(new Set(parseScope('a b c'))).toEqual(new Set(parseScope('c b a')));
  });

  it('reads back what formatScope wrote', () => {
    fc.assert(
      fc.property(fc.uniqueArray(scopeToken), (tokens) => {
        expect(parseScope(formatScope(tokens))).toEqual(tokens);
      }),
    );
  });

  it.each(['api:read\ninjected', 'a"b', 'a\\b', 'é', 'a\tb', 'a\0', 'a\u2028b', '\u007f'])(
    'GR-08 refuses %j (RFC 6749 section 3.3)',
    (scope) => {
      expect(() => parseScope(scope)).toThrow(expect.objectContaining({ code: 'invalid_scope', status: 400 }));
    },
  );

  it('gives scope-tokens or throws invalid_scope, for any text', () => {
    fc.assert(
      fc.property(anyText(), (text) => {
        try {
          expect(parseScope(text).every(isScopeToken)).toBe(true);
        } catch (error) {
          if (!(error instanceof OAuthError)) throw error;
          expect(error.code).toBe('invalid_scope');
        }
      }),
    );
  });
});

describe('scopesOfClaims', () => {
  it('reads a string (RFC 9068), an array (IMS) and scp, and tells absent from malformed', () => {
    expect(scopesOfClaims({ scope: 'a b a' })).toEqual(['a', 'b']);
    expect(scopesOfClaims({ scope: ['a', 'a'] })).toEqual(['a']);
    expect(scopesOfClaims({ scp: ['a'] })).toEqual(['a']);
    expect(scopesOfClaims({ scp: 'a b' })).toEqual(['a', 'b']);
    expect(scopesOfClaims({ scope: '', scp: ['a'] })).toEqual([]);
    expect(scopesOfClaims({})).toBeUndefined();
  });

  it.each([1, null, true, {}, [1], ['a', null], [['a']]])('takes the shape %j for malformed', (scope) => {
    expect(scopesOfClaims({ scope })).toBeNull();
    expect(scopesOfClaims({ scope, scp: ['a'] })).toBeNull();
    expect(scopesOfClaims({ scp: scope })).toBeNull();
  });

  it.each([['read write'], [''], ['a\nb'], ['é']])('X1 takes the array member %j for malformed', (member) => {
    expect(scopesOfClaims({ scope: [member] })).toBeNull();
  });

  it('T21 takes a string with a character outside RFC 6749 section 3.3 for malformed', () => {
    expect(scopesOfClaims({ scope: 'a\r\nb' })).toBeNull();
    expect(scopesOfClaims({ scope: 'a\tb' })).toBeNull();
  });

  it('X1 reads the same scopes again from the token derived from them', () => {
    const claim = fc.oneof(anyText(), fc.array(fc.string()), fc.jsonValue());
    fc.assert(
      fc.property(claim, (scope) => {
        const scopes = scopesOfClaims({ scope });
        if (Array.isArray(scopes)) expect(scopesOfClaims({ scope: formatScope(scopes) })).toEqual(scopes);
      }),
    );
  });
});

describe('intersectScopes and excessScopes', () => {
  it('split the scopes between them, in order, octet for octet', () => {
    fc.assert(
      fc.property(scopes, scopes, (request, ceiling) => {
        const inside = intersectScopes(request, ceiling);
        const outside = excessScopes(request, ceiling);
        expect(inside).toEqual(request.filter((scope) => ceiling.includes(scope)));
        expect([...inside, ...outside].sort()).toEqual([...request].sort());
        expect(intersectScopes(outside, ceiling)).toEqual([]);
      }),
    );
  });
});
