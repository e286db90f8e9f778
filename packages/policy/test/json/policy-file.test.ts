import { describe, expect, it } from '@jest/globals';
import { parsePolicyFile } from '@mandate/policy';

const parse = (...resources: unknown[]) => parsePolicyFile(JSON.stringify({ resources }));

describe('parsePolicyFile', () => {
  it('reads the IMS format, its nulls included', () => {
    const [rule] = parse({
      patterns: ['http://images.example.com:*/*'],
      audience: 'images',
      scopes: ['read'],
      expirationSeconds: null,
      allowedActors: null,
      additionalClaims: null,
    });
    expect(rule).toMatchObject({ name: 'resources[0]', audience: 'images', scopes: ['read'], additionalClaims: {} });
    expect(rule?.allowedActors).toBeUndefined();
    expect(rule?.expirationSeconds).toBeUndefined();
  });

  it('tells an empty list of actors, which names nobody, from none', () => {
    expect(parse({ patterns: ['a'], audience: 'A', allowedActors: [] })[0]?.allowedActors).toEqual([]);
  });

  it('reads actors as names and as exact pairs', () => {
    const actors = ['bob', { iss: 'https://users.example.com', sub: 'bob' }];
    expect(parse({ patterns: ['a'], audience: 'A', allowedActors: actors })[0]?.allowedActors).toEqual(actors);
  });

  it('accepts // comments', () => {
    expect(parsePolicyFile('// ours\n{"resources":[ // none yet\n]}')).toEqual([]);
  });

  it.each([
    ['an unknown member', { patterns: ['a'], audience: 'A', alowedActors: [] }, /resources\[0\].*alowedActors/],
    ['a missing audience', { patterns: ['a'] }, /resources\[0\]\.audience/],
    ['a pattern inside the authority', { patterns: ['http://host*'], audience: 'A' }, /resources\[0\]\.patterns\[0\]/],
    ['a scope with a space', { patterns: ['a'], audience: 'A', scopes: ['a b'] }, /resources\[0\]\.scopes\[0\]/],
    [
      'an actor of another shape',
      { patterns: ['a'], audience: 'A', allowedActors: [{ sub: 'bob' }] },
      /allowedActors\[0\]/,
    ],
    ['a registered claim', { patterns: ['a'], audience: 'A', additionalClaims: { sub: 'x' } }, /additionalClaims/],
    ['a lifetime of zero', { patterns: ['a'], audience: 'A', expirationSeconds: 0 }, /expirationSeconds/],
    ['a denying rule that grants', { patterns: ['a'], deny: true, scopes: ['read'] }, /resources\[0\]\.deny/],
    ['a rule that could match nothing', { deny: true }, /resources\[0\]\.patterns/],
  ])('refuses %s, naming the place', (_name, rule, place) => {
    expect(() => parse(rule)).toThrow(place);
  });

  it('lets a policy put may_act back', () => {
    expect(() => parse({ patterns: ['a'], audience: 'A', additionalClaims: { may_act: { sub: 'x' } } })).not.toThrow();
  });

  it('refuses rules that would give one claim two values', () => {
    const rule = { patterns: ['a'], audience: 'A' };
    const claims = (value: string) => ({ ...rule, additionalClaims: { tier: value } });
    expect(() => parse(claims('gold'), { ...claims('iron'), id: 'x' })).toThrow(
      /resources\[1\]\.additionalClaims.*tier/,
    );
    expect(() => parse(claims('gold'), { ...claims('iron'), clients: ['other'] })).not.toThrow();
  });

  it('refuses an id used twice', () => {
    const rule = { id: 'same', patterns: ['a'], audience: 'A' };
    expect(() => parse(rule, { ...rule, patterns: ['b'] })).toThrow(/resources\[1\]\.id/);
  });

  it('says line and column of what is wrong in a rule and between rules', () => {
    const rule = { id: 'same', patterns: ['a'], audience: 'A' };
    const text = (...resources: unknown[]) => JSON.stringify({ resources }, undefined, 1);
    expect(() => parsePolicyFile(text(rule, { ...rule, alowedActors: [] }))).toThrow(/ \(line 16, column 20\)$/);
    expect(() => parsePolicyFile(text(rule, { ...rule, patterns: ['b'] }))).toThrow(
      'resources[1].id: same is used twice (line 11, column 10)',
    );
  });

  it('names every problem at once and never a value', () => {
    const bad = { patterns: ['a'], audience: 'A', scopes: ['canary value'], expirationSeconds: -5 };
    expect(() => parse(bad)).toThrow(/scopes.*expirationSeconds/);
    expect(() => parse(bad)).not.toThrow(/canary/);
    expect(() => parsePolicyFile('{"resources": canary}')).toThrow(expect.not.stringMatching(/canary/));
  });
});
