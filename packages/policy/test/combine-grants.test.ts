import { describe, expect, it } from '@jest/globals';
import { combineGrants } from '@mandate/policy';

const one = { resources: ['a'], audiences: [], scopes: [] };
const pair = { resources: ['a', 'b'], audiences: [], scopes: [] };

function authorityOf(...args: Parameters<typeof combineGrants>) {
  const combination = combineGrants(...args);
  if (!combination.ok) throw new Error(combination.reason);
  return combination.authority;
}

describe('combineGrants', () => {
  it('unites audiences and scopes, takes the shortest lifetime and keeps every list of actors', () => {
    const grants = [
      { audience: 'A', scopes: ['read'], expirationSeconds: 300, allowedActors: ['bob', 'carol'] },
      { audience: 'A', scopes: ['write', 'read'], expirationSeconds: 60, allowedActors: ['bob'] },
      { audience: 'B', scopes: [] },
    ];
    expect(authorityOf(grants, one)).toMatchObject({
      audiences: ['A', 'B'],
      scopes: ['read', 'write'],
      expirationSeconds: 60,
      allowedActors: [['bob', 'carol'], ['bob']],
    });
  });

  it('refuses several targets whose scopes differ as ambiguous (RFC 9068 section 5)', () => {
    const grants = [
      { audience: 'A', scopes: ['read', 'write'] },
      { audience: 'B', scopes: ['read'] },
    ];
    expect(combineGrants(grants, pair)).toMatchObject({ ok: false, reason: 'ambiguous_targets' });
    expect(combineGrants(grants, { ...pair, scopes: ['write'] })).toMatchObject({ ok: false });
    expect(combineGrants(grants, { ...pair, scopes: ['read'] })).toMatchObject({ ok: true });
    expect(combineGrants(grants, one)).toMatchObject({ ok: true });
  });

  it('unites the scopes of several targets where told so, and keeps whose they are (IMS)', () => {
    const grants = [
      { audience: 'A', scopes: ['read', 'write'] },
      { audience: 'B', scopes: ['read', 'print'] },
    ];
    expect(authorityOf(grants, pair, { severalTargets: 'union' })).toMatchObject({
      audiences: ['A', 'B'],
      scopes: ['read', 'write', 'print'],
      unitedScopes: { A: ['read', 'write'], B: ['read', 'print'] },
    });
    expect(authorityOf(grants.slice(0, 1), pair, { severalTargets: 'union' })).not.toHaveProperty('unitedScopes');
  });

  it('carries claims on as they stand', () => {
    const grant = { audience: 'A', scopes: [], carriedClaims: { cid: 'c' } };
    expect(authorityOf([grant], one)).toMatchObject({ carriedClaims: { cid: 'c' }, additionalClaims: {} });
  });

  it('leaves scopes open when a grant does', () => {
    expect(authorityOf([{ audience: 'A' }, { audience: 'A', scopes: ['read'] }], one).scopes).toBeUndefined();
  });

  it('refuses one claim with two values, and takes equal values as one', () => {
    const grant = (claims: object) => ({
      audience: 'A',
      scopes: [],
      additionalClaims: claims as Record<string, string>,
    });
    const equal = [grant({ x: { b: 1, a: 2 } }), grant({ x: { a: 2, b: 1 } })];
    expect(combineGrants(equal, one)).toMatchObject({ ok: true });
    expect(combineGrants([grant({ tier: 'gold' }), grant({ tier: 'iron' })], one)).toMatchObject({
      ok: false,
      reason: 'policy_conflict',
      facts: { claims: ['tier'] },
    });
  });

  it('lets the stricter switch win', () => {
    const grants = [
      { audience: 'A', impersonation: true, thirdPartyActor: true, scopeCeiling: 'policy' as const },
      { audience: 'A', impersonation: false, clientAsActor: true },
    ];
    expect(authorityOf(grants, one)).toMatchObject({
      impersonation: false,
      thirdPartyActor: false,
      clientAsActor: true,
      scopeCeiling: 'subject',
    });
    expect(authorityOf([{ audience: 'A', impersonation: true }], one).impersonation).toBe(true);
    expect(authorityOf([{ audience: 'A' }], one).impersonation).toBeUndefined();
    expect(authorityOf([{ audience: 'A', scopeCeiling: 'policy' }], one).scopeCeiling).toBe('policy');
    expect(authorityOf([{ audience: 'A' }], one).scopeCeiling).toBeUndefined();
  });
});
