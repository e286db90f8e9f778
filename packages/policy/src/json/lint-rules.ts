import { canonicalJson, type FileProblem, type Steps } from '@mandate/ports';
import type { PolicyRule } from './policy-rule.js';

/** A claim's value, and the first rule of a group that gives it. */
interface GivenClaim {
  value: string;
  rule: PolicyRule;
}

/**
 * Problems that only show between rules: a repeated name, and claims that must conflict whenever both rules match.
 * Each rule is compared with the first of its kind alone, so that the time grows with the file and not with its square.
 */
export function* lintRules(rules: readonly PolicyRule[]): Steps<FileProblem[]> {
  const problems: FileProblem[] = [];
  const names = new Set<string>();
  const groups = new Map<string, Map<string, GivenClaim>>();
  for (const [index, rule] of rules.entries()) {
    const report = (member: keyof PolicyRule | 'id', message: string): void =>
      void problems.push({ path: ['resources', index, member], message });
    if (names.has(rule.name)) report('id', `${rule.name} is used twice`);
    names.add(rule.name);
    for (const [other, claims] of yield* conflictsOf(rule, groups)) {
      report('additionalClaims', `rule ${other} gives ${[...claims].join(', ')} another value`);
    }
    yield;
  }
  return problems;
}

/** The claims that earlier rules, which match whenever this one does, give another value; by the rule's name. */
function* conflictsOf(rule: PolicyRule, groups: Map<string, Map<string, GivenClaim>>): Steps<Map<string, Set<string>>> {
  const conflicts = new Map<string, Set<string>>();
  const claims = Object.entries(rule.additionalClaims).map(([claim, value]) => [claim, canonicalJson(value)] as const);
  for (const name of claims.length === 0 ? [] : groupsOf(rule)) {
    const group = groups.get(name) ?? new Map<string, GivenClaim>();
    groups.set(name, group);
    for (const [claim, value] of claims) {
      const first = group.get(claim) ?? { value, rule };
      group.set(claim, first);
      if (first.value === value) continue;
      conflicts.set(first.rule.name, (conflicts.get(first.rule.name) ?? new Set()).add(claim));
    }
    yield;
  }
  return conflicts;
}

/** What a rule without a condition has in common with those that always match together with it. */
function groupsOf({ deny, clients, subjects, patterns, audience }: PolicyRule): string[] {
  if (deny || clients !== undefined || subjects !== undefined) return [];
  return [
    ...patterns.map(({ text }) => `pattern ${text}`),
    ...(audience === undefined ? [] : [`audience ${audience}`]),
  ];
}
