import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { attenuateExpiry, attenuateScopes, excessScopes } from '../src/index.js';
import type { ScopeRequest } from '../src/attenuation.js';

const scopes = fc.uniqueArray(fc.constantFrom<string>('a', 'b', 'c', 'd', 'e'));
const anyLimit = fc.option(scopes, { nil: undefined });
const request = fc.record({ requested: scopes, granted: anyLimit, ceiling: anyLimit, narrow: fc.boolean() });

const ask = (requested: string[], bounds: Partial<ScopeRequest> = {}) =>
  attenuateScopes({ requested, granted: undefined, ceiling: undefined, narrow: false, ...bounds });

describe('attenuateScopes (docs/delegation.md section 5)', () => {
  it('gives what was asked when every bound allows it', () => {
    expect(ask(['b', 'a'], { granted: ['a', 'b', 'c'], ceiling: ['a', 'b'] })).toEqual({
      ok: true,
      scopes: ['b', 'a'],
    });
  });

  it('X1 refuses more than the policy or the subject token allows, and names the excess', () => {
    expect(ask(['a', 'x'], { granted: ['a'], ceiling: ['a', 'x'] })).toEqual({ ok: false, excess: ['x'] });
    expect(ask(['a', 'x'], { granted: ['a', 'x'], ceiling: ['a'] })).toEqual({ ok: false, excess: ['x'] });
  });

  it('TX-38 takes a subject token without scopes for the empty set', () => {
    expect(ask(['a'], { granted: ['a'], ceiling: [] })).toEqual({ ok: false, excess: ['a'] });
  });

  it('TX-39 gives everything allowed when nothing is asked', () => {
    expect(ask([], { granted: ['a', 'b'], ceiling: ['b', 'c'] })).toEqual({ ok: true, scopes: ['b'] });
    expect(ask([], { granted: ['a'] })).toEqual({ ok: true, scopes: ['a'] });
    expect(ask([], { ceiling: ['c'] })).toEqual({ ok: true, scopes: ['c'] });
    expect(ask([])).toEqual({ ok: true, scopes: [] });
  });

  it('returns the reduced set with narrow', () => {
    expect(ask(['a', 'x'], { granted: ['a'], narrow: true })).toEqual({ ok: true, scopes: ['a'] });
    expect(ask(['x'], { granted: ['a'], narrow: true })).toEqual({ ok: true, scopes: [] });
  });

  it('never gives a scope outside the request or a bound', () => {
    fc.assert(
      fc.property(request, (scopeRequest) => {
        const result = attenuateScopes(scopeRequest);
        if (!result.ok) return;
        if (scopeRequest.requested.length > 0) expect(excessScopes(result.scopes, scopeRequest.requested)).toEqual([]);
        for (const limit of [scopeRequest.granted, scopeRequest.ceiling]) {
          if (limit !== undefined) expect(excessScopes(result.scopes, limit)).toEqual([]);
        }
        expect(new Set(result.scopes).size).toBe(result.scopes.length);
      }),
    );
  });

  it('refuses exactly an over-ask without narrow, and then names all of the excess', () => {
    fc.assert(
      fc.property(request, (scopeRequest) => {
        const outside = scopeRequest.requested.filter((scope) =>
          [scopeRequest.granted, scopeRequest.ceiling].some((limit) => limit !== undefined && !limit.includes(scope)),
        );
        const result = attenuateScopes(scopeRequest);
        expect(result.ok).toBe(scopeRequest.narrow || outside.length === 0);
        if (!result.ok) expect(result.excess).toEqual(outside);
      }),
    );
  });

  it('never widens along a chain of exchanges', () => {
    fc.assert(
      fc.property(scopes, fc.array(request), (root, hops) => {
        let scopes = root;
        for (const hop of hops) {
          const result = attenuateScopes({ ...hop, ceiling: scopes });
          if (!result.ok) continue;
          expect(excessScopes(result.scopes, scopes)).toEqual([]);
          scopes = result.scopes;
        }
        expect(excessScopes(scopes, root)).toEqual([]);
      }),
    );
  });
});

describe('attenuateExpiry (X3)', () => {
  it('is the least of the lifetimes from now and the points in time', () => {
    expect(attenuateExpiry(1000, { maxSeconds: [120, undefined], expiries: [2000, undefined] })).toBe(1120);
    expect(attenuateExpiry(1000, { maxSeconds: [120, 60], expiries: [1030, 2000] })).toBe(1030);
    expect(attenuateExpiry(1000, { maxSeconds: [], expiries: [1030.9] })).toBe(1030);
  });

  it('keeps a lifetime of nothing and an expiry of the epoch as bounds', () => {
    expect(attenuateExpiry(1000, { maxSeconds: [0], expiries: [2000] })).toBe(1000);
    expect(attenuateExpiry(1000, { maxSeconds: [60], expiries: [0] })).toBe(0);
  });

  it.each([
    { maxSeconds: [], expiries: [] },
    { maxSeconds: [undefined], expiries: [undefined] },
    { maxSeconds: [Infinity], expiries: [] },
    { maxSeconds: [60], expiries: [NaN] },
  ])('throws rather than give a token without an end: %j', (bounds) => {
    expect(() => attenuateExpiry(1000, bounds)).toThrow(TypeError);
  });

  it('TX-42 never grows along a chain, and is never later than any bound', () => {
    const seconds = fc.option(fc.nat({ max: 10_000 }), { nil: undefined });
    const hop = fc.record({ after: fc.nat({ max: 500 }), policy: seconds, actor: seconds });
    fc.assert(
      fc.property(fc.array(hop, { maxLength: 8 }), (hops) => {
        let now = 1_700_000_000;
        let expiry = now + 3600;
        for (const { after: secondsLater, policy, actor } of hops) {
          now += secondsLater;
          const actorExpiry = actor === undefined ? undefined : now + actor;
          const next = attenuateExpiry(now, { maxSeconds: [policy, 3600], expiries: [expiry, actorExpiry] });
          expect(next).toBeLessThanOrEqual(Math.min(expiry, actorExpiry ?? Infinity, now + (policy ?? 3600)));
          expiry = next;
        }
      }),
    );
  });
});
