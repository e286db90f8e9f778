import { describe, expect, it } from '@jest/globals';
import { parsePolicyFile } from '@mandate/policy';

const parse = (...resources: unknown[]) => parsePolicyFile(JSON.stringify({ resources }));

const rule = { patterns: ['a'], audience: 'A' };

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

  it.each<[string, object, RegExp]>([
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
    ['"*" as an actor', { ...rule, allowedActors: ['bob', '*'] }, /allowedActors\[1\]: "\*" is no wildcard/],
    [
      '"*" in a pair',
      { ...rule, allowedActors: [{ iss: 'https://a.example', sub: '*' }] },
      /allowedActors\[0\]: "\*" is/,
    ],
    ['"*" as a client', { ...rule, clients: ['*'] }, /clients\[0\]: "\*" is no wildcard/],
    ['"*" as a subject', { patterns: ['a'], deny: true, subjects: { subs: ['*'] } }, /subjects\.subs\[0\]: "\*" is/],
    ['"*" as a described actor', { ...rule, actors: [{ subs: ['*'] }] }, /actors\[0\]\.subs\[0\]: "\*" is/],
    ['actors that anybody is', { ...rule, actors: [{ claims: {}, sameClaim: [] }] }, /actors\[0\]: .*let anybody act/],
    ['one condition that anybody meets', { ...rule, actors: {} }, /actors: .*let anybody act/],
    ['an unknown member of a condition', { ...rule, actors: { sub: 'bob' } }, /actors: .*"sub"/],
    ['a claim of the subject and nobody', { ...rule, subjects: { sameClaim: ['tenant'] } }, /subjects: .*sameClaim/],
    ['a denying rule with actors', { patterns: ['a'], deny: true, actors: { subs: ['bob'] } }, /resources\[0\]\.deny/],
  ])('refuses %s, naming the place', (_name, file, place) => {
    expect(() => parse(file)).toThrow(place);
  });

  it('passes over what no rule has where it is told so, and tells where (IMS)', () => {
    const places: string[] = [];
    const rule = { patterns: ['a'], audience: 'A', expirationSeconds: 0, comment: 'x', allowedActors: ['bob'] };
    const file = JSON.stringify({ configOverridePath: '', resources: [rule] });
    const [parsedRule] = parsePolicyFile(file, { onIgnored: (ignored) => places.push(...ignored) });
    expect(places).toEqual(['configOverridePath', 'resources[0].comment']);
    expect(parsedRule).toMatchObject({ audience: 'A', allowedActors: ['bob'], expirationSeconds: undefined });
    expect(() => parsePolicyFile(file)).toThrow(/configOverridePath/);
  });

  it('tells of nothing, and still refuses what is wrong with the members a rule has (IMS)', () => {
    const parseIms = (rule: object) =>
      parsePolicyFile(JSON.stringify({ resources: [rule] }), {
        onIgnored: () => {
          throw new Error('nothing was ignored');
        },
      });
    expect(parseIms({ patterns: ['a'], audience: 'A' })).toHaveLength(1);
    expect(() => parseIms({ patterns: ['http://host*'], audience: 'A' })).toThrow(/patterns/);
    expect(() => parseIms({ patterns: ['a'], audience: 'A', expirationSeconds: -1 })).toThrow(/expirationSeconds/);
    expect(() => parsePolicyFile('[]', { onIgnored: () => undefined })).toThrow();
    expect(() => parsePolicyFile('{}', { onIgnored: () => undefined })).toThrow(/resources/);
  });

  it('lets a policy put may_act back', () => {
    expect(() => parse({ patterns: ['a'], audience: 'A', additionalClaims: { may_act: { sub: 'x' } } })).not.toThrow();
  });

  it('refuses rules that would give one claim two values', () => {
    const claims = (value: string) => ({ ...rule, additionalClaims: { tier: value } });
    expect(() => parse(claims('gold'), { ...claims('iron'), id: 'x' })).toThrow(
      /resources\[1\]\.additionalClaims.*tier/,
    );
    expect(() => parse(claims('gold'), { ...claims('iron'), clients: ['other'] })).not.toThrow();
  });

  it('refuses an id used twice', () => {
    const ruleWithId = { ...rule, id: 'same' };
    expect(() => parse(ruleWithId, { ...ruleWithId, patterns: ['b'] })).toThrow(/resources\[1\]\.id/);
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
    const badRule = { patterns: ['a'], audience: 'A', scopes: ['canary value'], expirationSeconds: -5 };
    expect(() => parse(badRule)).toThrow(/scopes.*expirationSeconds/);
    expect(() => parse(badRule)).not.toThrow(/canary/);
    expect(() => parsePolicyFile('{"resources": canary}')).toThrow(expect.not.stringMatching(/canary/));
  });
});
