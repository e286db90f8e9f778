import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { finish, isJsonObject, type JsonValue } from '@mandate/ports';
import { parsePolicyFile, type PolicyRequest } from '@mandate/policy';
import { policyQuestion } from '@mandate/testing';
import { matchesPattern } from '../../src/json/pattern.js';
import { decideByRules } from '../../src/json/json-policy.js';
import { indexRules } from '../../src/json/rule-index.js';
import type { PolicyRule } from '../../src/json/policy-rule.js';

const indexOf = (rules: readonly PolicyRule[]) => finish(indexRules(rules));

/** The names of the rules that match, of those that decide, and the targets that none covers: every rule looked at. */
function decideByLookingAtAll(rules: readonly PolicyRule[], { resources, audiences, client, subject }: PolicyRequest) {
  const concerns = ({ clients, subjects }: PolicyRule): boolean =>
    (clients?.includes(client.id) ?? true) &&
    (subjects?.some(
      ({ issuer, subs, claims }) =>
        (issuer ?? subject.iss) === subject.iss &&
        (subs?.includes(subject.sub) ?? true) &&
        Object.entries(claims ?? {}).every(([name, expectedValue]) =>
          [subject.claims[name]].flat().some((value: unknown) => ([expectedValue].flat() as unknown[]).includes(value)),
        ),
    ) ??
      true);
  const targets = [
    ...resources.map((value) => ({
      value,
      rules: rules.filter((rule) => rule.patterns.some((pattern) => matchesPattern(pattern, value))),
    })),
    ...audiences.map((value) => ({ value, rules: rules.filter(({ audience }) => audience === value) })),
  ].map((target) => ({ ...target, rules: target.rules.filter(concerns) }));
  const matches = rules.filter((rule) => targets.some((target) => target.rules.includes(rule)));
  const given = matches.filter(({ deny }) => !deny).flatMap(({ audience }) => audience ?? []);
  const denies = (rule: PolicyRule): boolean =>
    rule.deny &&
    (matches.includes(rule) || (rule.patterns.length === 0 && concerns(rule) && given.includes(rule.audience ?? '')));
  const denyRules = rules.filter(denies);
  const uncovered = targets.filter((target) => target.rules.length === 0).map(({ value }) => value);
  if (denyRules.length > 0) return { outcome: 'deny', rules: denyRules.map(({ name }) => name) };
  if (uncovered.length > 0 || matches.length === 0) return { outcome: 'not_applicable', uncovered };
  const audiencesOf = matches.flatMap(({ audience }) => (audience === undefined ? [] : [audience]));
  return { outcome: 'permit', rules: matches.map(({ name }) => name), audiences: audiencesOf };
}

const PATTERNS = [
  '*',
  'a',
  'a*',
  'ab*',
  'ab',
  'abc*x',
  'https://h.example/*',
  'https://h.example/v1/*',
  'https://h.example/v1/a',
  'http://h.example:*/*',
];
const TARGETS = [
  ...PATTERNS,
  'abc',
  'b',
  '',
  'https://h.example/v1/b',
  'https://h.example/v1/../a',
  'https://h.example',
  'http://h.example:80/x',
  'http://h.example:x',
];
const condition = fc.record(
  {
    issuer: fc.constantFrom('https://users.example.com', 'https://other.example.com'),
    subs: fc.subarray(['alice', 'bob']),
    claims: fc.constantFrom({}, { country: 'NO' }, { country: ['SE', 'NO'] }, { country: 'SE' }),
  },
  { requiredKeys: [] },
);
const optional = fc.record(
  { clients: fc.subarray(['gateway', 'other']), subjects: fc.array(condition, { maxLength: 2 }) },
  { requiredKeys: [] },
);
const anyRule = fc
  .tuple(
    fc.array(fc.constantFrom(...PATTERNS), { minLength: 1, maxLength: 3 }),
    fc.constantFrom('a', 'ab', 'A'),
    fc.integer({ min: 0, max: 5 }),
    optional,
  )
  .map(([patterns, audience, die, rest]) => ({
    patterns: die === 1 ? [] : patterns,
    audience,
    deny: die < 2,
    ...rest,
  }));
const question = fc
  .record({
    resources: fc.array(fc.constantFrom(...TARGETS), { maxLength: 3 }),
    audiences: fc.array(fc.constantFrom('a', 'ab', 'A', '*'), { maxLength: 2 }),
  })
  .map((targets) => policyQuestion(targets));

describe('the index of a policy', () => {
  it('finds what looking at every rule finds, in the same order, for any policy and question', () => {
    fc.assert(
      fc.property(fc.array(anyRule, { maxLength: 8 }), question, (resources, policyRequest) => {
        const rules = parsePolicyFile(JSON.stringify({ resources }));
        const decision = decideByRules(indexOf(rules), policyRequest);
        const { grants, ...rest } = { grants: undefined, ...decision };
        const audiences = grants?.map(({ audience }) => audience);
        const outcomes = { ...rest, unmet: undefined, ...(audiences && { audiences }) };
        expect(outcomes).toEqual({ ...decideByLookingAtAll(rules, policyRequest), unmet: undefined });
      }),
      { numRuns: 2000 },
    );
  });

  it('looks at the rules for the target alone, however many there are', () => {
    const resources = Array.from({ length: 10_000 }, (_, number) => ({
      id: `r${number}`,
      patterns: [`https://s${number}.example/*`],
      audience: `https://s${number}.example`,
    }));
    let lookedAt = 0;
    const rules = parsePolicyFile(JSON.stringify({ resources })).map((rule) => ({
      ...rule,
      get clients() {
        lookedAt++;
        return undefined;
      },
    }));
    const index = indexOf(rules);
    const policyRequest = policyQuestion({ resources: ['https://s77.example/x'], audiences: ['https://s5.example'] });
    expect(decideByRules(index, policyRequest)).toMatchObject({ outcome: 'permit', rules: ['r5', 'r77'] });
    expect(lookedAt).toBe(2);
  });
});

/** The linter as it was: every rule against every other. */
function isRefusedInPairs(files: readonly LintedRule[]): boolean {
  return files.some((one, at) =>
    files.slice(0, at).some((other) => {
      if (one.id !== undefined && one.id === other.id) return true;
      const conditional = one.deny || other.deny || one.clients !== undefined || other.clients !== undefined;
      const together = one.audience === other.audience || one.patterns.some((text) => other.patterns.includes(text));
      const claims = [one.additionalClaims ?? {}, other.additionalClaims ?? {}] as const;
      return (
        !conditional && together && Object.keys(claims[0]).some((name) => differ(claims[0][name], claims[1][name]))
      );
    }),
  );
}

interface LintedRule {
  id?: string | undefined;
  patterns: readonly string[];
  audience: string;
  deny: boolean;
  clients?: readonly string[] | undefined;
  additionalClaims?: Record<string, JsonValue> | undefined;
}

function differ(one: JsonValue | undefined, other: JsonValue | undefined): boolean {
  return one !== undefined && other !== undefined && sortedText(one) !== sortedText(other);
}

function sortedText(value: JsonValue): string {
  return isJsonObject(value) ? JSON.stringify(Object.entries(value).sort()) : JSON.stringify(value);
}

describe('the linter of policies', () => {
  const claims = fc.dictionary(
    fc.constantFrom('tier', 'country'),
    fc.constantFrom<JsonValue>('x', 'y', { a: 1, b: 2 }, { b: 2, a: 1 }),
  );
  const permitRule = fc.record(
    {
      id: fc.constantFrom('one', 'two', 'three', 'four', 'five', 'six'),
      patterns: fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 2 }),
      audience: fc.constantFrom('A', 'B', 'C'),
      deny: fc.constant(false),
      clients: fc.constant(['gateway']),
      additionalClaims: claims,
    },
    { requiredKeys: ['patterns', 'audience', 'deny'] },
  );
  const denyRule = fc.constant({ patterns: ['a'], audience: 'A', deny: true });

  it('refuses exactly what comparing all pairs of rules refuses', () => {
    const counts = { refused: 0, accepted: 0 };
    fc.assert(
      fc.property(
        fc.array(fc.oneof({ weight: 9, arbitrary: permitRule }, { weight: 1, arbitrary: denyRule }), { maxLength: 4 }),
        (resources) => {
          const expected = isRefusedInPairs(resources);
          counts[expected ? 'refused' : 'accepted']++;
          const parse = () => parsePolicyFile(JSON.stringify({ resources }));
          if (expected) expect(parse).toThrow(/is used twice|another value/);
          else expect(parse).not.toThrow();
        },
      ),
      { numRuns: 1500 },
    );
    expect(Math.min(counts.refused, counts.accepted)).toBeGreaterThan(150);
  });
});
