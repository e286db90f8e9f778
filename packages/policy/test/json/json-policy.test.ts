import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { finish, type JsonObject } from '@mandate/ports';
import { createJsonPolicy, loadPolicy, type PolicyRequest } from '@mandate/policy';
import { describePolicyBackendContract, policyQuestion } from '@mandate/testing';
import { decideByRules } from '../../src/json/json-policy.js';
import { contractPolicy } from '../contract-policy.js';

const rulesOf = (...resources: object[]) => finish(loadPolicy(JSON.stringify({ resources })));

describePolicyBackendContract('json', () => {
  const rules = finish(loadPolicy(JSON.stringify(contractPolicy)));
  return Promise.resolve({ backend: createJsonPolicy({ current: () => rules }) });
});

const gateway = policyQuestion().client;

describe('decideByRules', () => {
  it('TX-48 lets a matching deny win in any order', () => {
    const permit = { patterns: ['a'], audience: 'A', scopes: ['read'] };
    const deny = { id: 'no', patterns: ['a'], deny: true };
    for (const rules of [rulesOf(permit, deny), rulesOf(deny, permit)]) {
      expect(decideByRules(rules, policyQuestion({ resources: ['a'] }))).toEqual({ outcome: 'deny', rules: ['no'] });
    }
  });

  it('denies every token for an audience that a rule denies, whatever it is asked for by', () => {
    const permit = { patterns: ['a*'], audience: 'A', scopes: ['read'] };
    const outer = { patterns: ['b'], audience: 'B', scopes: ['read'] };
    const deny = { id: 'no', audience: 'A', deny: true, subjects: { subs: ['alice'] } };
    const embed = [{ claim: 'inside', audience: 'A', scopes: ['read'] }];
    const outcomes = (...rules: object[]) =>
      [['a1'], ['b']].map((resources) => decideByRules(rulesOf(...rules), policyQuestion({ resources })).outcome);
    expect(outcomes(permit, outer, deny)).toEqual(['deny', 'permit']);
    expect(outcomes(deny, permit, { ...outer, embed })).toEqual(['deny', 'deny']);
    expect(outcomes(permit, { ...outer, embed }, { ...deny, subjects: { subs: ['bob'] } })).toEqual([
      'permit',
      'permit',
    ]);
    expect(outcomes(permit, outer, { ...deny, audience: 'a1' })).toEqual(['permit', 'permit']);
    // patterns say which resources it denies, and its audience then the requests that name that
    expect(outcomes(permit, outer, { ...deny, patterns: ['a2'] })).toEqual(['permit', 'permit']);
    expect(outcomes(permit, outer, { ...deny, patterns: ['a1'] })).toEqual(['deny', 'permit']);
  });

  it('asks a rule with `clients` only for those clients', () => {
    const rules = rulesOf({ patterns: ['a'], audience: 'A', clients: ['gateway'] });
    expect(decideByRules(rules, policyQuestion({ resources: ['a'] })).outcome).toBe('permit');
    const otherClient = policyQuestion({ resources: ['a'], client: { ...gateway, id: 'other' } });
    expect(decideByRules(rules, otherClient)).toEqual({
      outcome: 'not_applicable',
      uncovered: ['a'],
      unmet: [{ rule: 'resources[0]', target: 'a', conditions: ['clients'] }],
    });
  });

  it('takes a bare name for a client of our own, and a pair for that of the issuer', () => {
    const iss = 'https://elsewhere.example.com';
    const foreign = policyQuestion({ resources: ['a'], client: { ...gateway, iss, own: false } });
    const own = policyQuestion({ resources: ['a'] });
    const outcomes = (...clients: unknown[]) => {
      const rules = rulesOf({ patterns: ['a'], audience: 'A', clients });
      return [own, foreign].map((question) => decideByRules(rules, question).outcome);
    };
    expect(outcomes('gateway')).toEqual(['permit', 'not_applicable']);
    expect(outcomes({ iss, clientId: 'gateway' })).toEqual(['not_applicable', 'permit']);
    expect(outcomes({ iss: gateway.iss, clientId: 'gateway' })).toEqual(['permit', 'not_applicable']);
    expect(outcomes('other', { iss, clientId: 'gateway' }, 'gateway')).toEqual(['permit', 'permit']);
  });

  it.each([
    ['the issuer', { issuer: 'https://users.example.com' }, { issuer: 'https://other.example.com' }],
    ['the sub', { subs: ['carol', 'alice'] }, { subs: ['Alice'] }],
    ['a claim', { claims: { country: 'NO' } }, { claims: { country: 'SE' } }],
    ['any of several values', { claims: { country: ['SE', 'NO'] } }, { claims: { missing: true } }],
    ['any of several conditions', [{ subs: ['carol'] }, { subs: ['alice'] }], [{ subs: ['carol'] }]],
  ])('limits a rule to subjects by %s', (_name, meeting, mismatches) => {
    const question = policyQuestion({ resources: ['a'] });
    const rule = { patterns: ['a'], audience: 'A' };
    expect(decideByRules(rulesOf({ ...rule, subjects: meeting }), question).outcome).toBe('permit');
    expect(decideByRules(rulesOf({ ...rule, subjects: mismatches }), question).outcome).toBe('not_applicable');
  });

  describe('actors', () => {
    const iss = 'https://users.example.com';
    const alice = { iss, sub: 'alice', claims: { tenant: 'blue', teams: ['a', 'b'], none: '' } };
    const agent = { iss, sub: 'bob', claims: { role: 'help-desk', tenant: 'blue', teams: ['a', 'b'], none: '' } };
    const listsFor = (members: object, request: Partial<PolicyRequest> = { actor: agent }) => {
      const rules = rulesOf({ patterns: ['a'], audience: 'A', ...members });
      const decision = decideByRules(rules, policyQuestion({ resources: ['a'], subject: alice, ...request }));
      if (decision.outcome !== 'permit') throw new Error(decision.outcome);
      return decision.grants.map(({ allowedActors }) => allowedActors);
    };

    it.each([
      ['the issuer', { issuer: iss }, { issuer: 'https://other.example.com' }],
      ['the sub', { issuer: iss, subs: ['bob'] }, { issuer: iss, subs: ['Bob'] }],
      ['a claim', { issuer: iss, claims: { role: 'help-desk' } }, { issuer: iss, claims: { role: 'admin' } }],
      ['a claim of both', { issuer: iss, sameClaim: ['tenant', 'teams'] }, { issuer: iss, sameClaim: ['role'] }],
      ['any of several', [{ subs: ['x'] }, { issuer: iss, subs: ['bob'] }], [{ subs: ['x'] }, { subs: ['y'] }]],
    ])('lets the actor of the request act by %s, and nobody else', (_name, meeting, mismatches) => {
      expect(listsFor({ actors: meeting })).toEqual([[{ iss, sub: 'bob' }]]);
      expect(listsFor({ actors: mismatches })).toEqual([[]]);
    });

    it('means somebody of the default issuers where a condition names no issuer', () => {
      expect(listsFor({ actors: { claims: { role: 'help-desk' } } })).toEqual([['bob']]);
    });

    it.each<[string, JsonObject, JsonObject]>([
      ['another', { tenant: 'blue' }, { tenant: 'green' }],
      ['absent on one side', { tenant: 'blue' }, {}],
      ['absent on the other', {}, { tenant: 'blue' }],
      ['absent on both', {}, {}],
      ['null on both', { tenant: null }, { tenant: null }],
      ['empty on both', { tenant: '' }, { tenant: '' }],
      ['a list on one side', { tenant: 'blue' }, { tenant: ['blue'] }],
      ['of another type', { tenant: '1' }, { tenant: 1 }],
    ])('a value of sameClaim that is %s is not the same', (_name, one, claims) => {
      const subject = { ...alice, claims: one };
      expect(listsFor({ actors: { sameClaim: ['tenant'] } }, { subject, actor: { ...agent, claims } })).toEqual([[]]);
    });

    it('a name that every object has is no claim of both', () => {
      const request = { subject: { ...alice, claims: {} }, actor: { ...agent, claims: {} } };
      expect(listsFor({ actors: { sameClaim: ['toString', '__proto__'] } }, request)).toEqual([[]]);
    });

    it('without an actor, is about the calling client, which has no claims', () => {
      const request = { actor: null, client: { ...gateway, attributes: { role: 'help-desk', tenant: 'blue' } } };
      const condition = { issuer: gateway.iss, subs: ['gateway'] };
      expect(listsFor({ actors: condition }, request)).toEqual([[{ iss: gateway.iss, sub: 'gateway' }]]);
      expect(listsFor({ actors: { ...condition, sameClaim: ['tenant'] } }, request)).toEqual([[]]);
      expect(listsFor({ actors: { claims: { role: 'help-desk' } } }, request)).toEqual([[]]);
      expect(listsFor({ actors: { issuer: iss } }, request)).toEqual([[]]);
    });

    it('beside allowedActors asks for both, each by a list of its own', () => {
      const lists = listsFor({ allowedActors: ['carol'], actors: { issuer: iss } });
      expect(lists).toEqual([['carol'], [{ iss, sub: 'bob' }]]);
    });

    it('of an empty list is nobody, and of no list says nothing', () => {
      expect(listsFor({ actors: [] })).toEqual([[]]);
      expect(listsFor({})).toEqual([undefined]);
    });
  });

  it.each([
    [{ clients: [] }, ['clients']],
    [{ subjects: [] }, ['subjects']],
    [{ subjects: { issuer: 'https://other.example.com', subs: ['carol'] } }, ['subjects.issuer']],
    [{ subjects: { subs: ['alice'], claims: { missing: true, country: 'SE' } } }, ['subjects.claims.missing']],
    [
      { subjects: [{ subs: ['carol'] }, { claims: { country: 'SE' } }] },
      ['subjects[0].subs', 'subjects[1].claims.country'],
    ],
  ])('tells of a rule that covers the target which condition of %j fails', (conditions, failedConditions) => {
    const decision = decideByRules(
      rulesOf({ id: 'r', patterns: ['a'], audience: 'A', ...conditions }),
      policyQuestion({ resources: ['a'] }),
    );
    expect(decision).toEqual({
      outcome: 'not_applicable',
      uncovered: ['a'],
      unmet: [{ rule: 'r', target: 'a', conditions: failedConditions }],
    });
  });

  it('tells of ten such rules, of none that denies, and of none that covers another target', () => {
    const clients = ['other'];
    const many = Array.from({ length: 12 }, (_, place) => ({
      id: `r${place}`,
      patterns: ['a'],
      audience: 'A',
      clients,
    }));
    const others = [
      { id: 'no', patterns: ['a'], deny: true, clients },
      { id: 'b', patterns: ['b'], audience: 'B' },
    ];
    const decision = decideByRules(rulesOf(...others, ...many), policyQuestion({ resources: ['a', 'b'] }));
    const unmet = decision.outcome === 'not_applicable' ? decision.unmet : undefined;
    expect(unmet?.map(({ rule }) => rule)).toEqual(many.slice(0, 10).map(({ id }) => id));
  });

  it('says which targets no rule covers', () => {
    const rules = rulesOf({ patterns: ['a'], audience: 'A' });
    const decision = decideByRules(rules, policyQuestion({ resources: ['a', 'b'], audiences: ['C'] }));
    expect(decision).toEqual({ outcome: 'not_applicable', uncovered: ['b', 'C'] });
  });

  it('names the rules that decided, by id or by place', () => {
    const rules = rulesOf({ patterns: ['a'], audience: 'A' }, { id: 'second', patterns: ['a'], audience: 'B' });
    const decision = decideByRules(rules, policyQuestion({ resources: ['a'] }));
    expect(decision).toMatchObject({ outcome: 'permit', rules: ['resources[0]', 'second'] });
  });

  it('can lift the scope ceiling only when a rule says so', () => {
    const rule = { patterns: ['a'], audience: 'A' };
    const lifts = (file: object) => createJsonPolicy({ current: () => rulesOf(file) }).liftsScopeCeiling?.();
    expect(lifts(rule)).toBe(false);
    expect(lifts({ ...rule, scopeCeiling: 'policy' })).toBe(true);
  });

  it('does not depend on the order of rules or targets', () => {
    const name = fc.constantFrom('a', 'b', 'c');
    const rule = fc.record({ patterns: fc.array(name, { minLength: 1 }), audience: name, deny: fc.boolean() });
    const order = (values: readonly string[] | undefined) => [...(values ?? [])].sort();
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 5 }), fc.array(name, { maxLength: 3 }), (files, resources) => {
        const namedFiles = files.map((file, index) => ({ ...file, id: `r${index}` }));
        const one = decideByRules(rulesOf(...namedFiles), policyQuestion({ resources }));
        const other = decideByRules(
          rulesOf(...[...namedFiles].reverse()),
          policyQuestion({ resources: [...resources].reverse() }),
        );
        expect(other.outcome).toBe(one.outcome);
        expect(order('rules' in other ? other.rules : other.uncovered)).toEqual(
          order('rules' in one ? one.rules : one.uncovered),
        );
      }),
      { numRuns: 2000 },
    );
  });
});
