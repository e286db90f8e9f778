import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { normalClaims } from '../src/index.js';

describe('normalClaims', () => {
  it('counts null as absent, but in a claim that restricts', () => {
    const restrictions = { exp: null, cnf: null, act: null, may_act: null, events: null };
    const claims = { ...restrictions, sub: null, nbf: null, scope: null, other: null, nested: { a: null } };
    expect({ ...normalClaims(claims) }).toEqual({ ...restrictions, nested: { a: null } });
  });

  it('makes times whole: none later in its end, none earlier in its beginning', () => {
    const time = fc.double({ min: 0, max: 253_402_300_799, noNaN: true });
    fc.assert(
      fc.property(time, time, time, (exp, nbf, iat) => {
        const normal = normalClaims({ exp, nbf, iat }) as Record<'exp' | 'nbf' | 'iat', number>;
        expect(Object.values(normal).every(Number.isInteger)).toBe(true);
        expect(normal.exp <= exp && normal.exp >= exp - 1).toBe(true);
        expect(normal.nbf >= nbf && normal.nbf <= nbf + 1).toBe(true);
        expect(normal.iat <= iat && normal.iat >= iat - 1).toBe(true);
      }),
    );
  });

  it('leaves everything else as it is, on an object without a prototype, also a second time', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (claims) => {
        const object = JSON.parse(JSON.stringify(claims)) as Parameters<typeof normalClaims>[0];
        const normal = normalClaims(object);
        expect(Object.getPrototypeOf(normal)).toBeNull();
        expect(normalClaims(normal)).toEqual(normal);
        for (const [name, value] of Object.entries(normal))
          if (!/^(exp|nbf|iat|auth_time)$/.test(name)) expect(value).toEqual(object[name]);
      }),
    );
    expect(normalClaims({ exp: 'never', nbf: -0.5, iat: true })).toEqual({ exp: 'never', nbf: -0.5, iat: true });
  });
});
