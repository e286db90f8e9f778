import type { Steps } from '@mandate/ports';
import { matchesPattern, type ResourcePattern } from './pattern.js';
import type { PolicyRule } from './policy-rule.js';

/** A rule, and where it stands in the file. */
export interface PlacedRule {
  rule: PolicyRule;
  place: number;
}

/** The rules of a policy file, found by target: in a time that does not grow with their number. */
export interface RuleIndex {
  forResource(resource: string): readonly PlacedRule[];
  forAudience(audience: string): readonly PlacedRule[];
  /** Whether any rule lifts the scope ceiling `subject`. */
  liftsScopeCeiling: boolean;
}

interface PlacedPattern {
  pattern: ResourcePattern;
  placedRule: PlacedRule;
}

/** Indexes rules, one after the other. */
export function* indexRules(rules: readonly PolicyRule[]): Steps<RuleIndex> {
  const byAudience = new Map<string, PlacedRule[]>();
  const byText = new Map<string, PlacedRule[]>();
  const byPrefix = new Map<string, PlacedPattern[]>();
  for (const [place, rule] of rules.entries()) {
    const placedRule = { rule, place };
    if (rule.audience !== undefined) append(byAudience, rule.audience, placedRule);
    for (const pattern of rule.patterns) {
      if (pattern.kind === 'exact') append(byText, pattern.text, placedRule);
      else append(byPrefix, pattern.prefix, { pattern, placedRule });
    }
    yield;
  }
  const prefixLengths = [...new Set(Array.from(byPrefix.keys(), ({ length }) => length))].sort((a, b) => a - b);
  return {
    forResource(resource) {
      const lengths = prefixLengths.filter((length) => length <= resource.length);
      const candidates = lengths.flatMap((length) => byPrefix.get(resource.slice(0, length)) ?? []);
      const matches = candidates.filter(({ pattern }) => matchesPattern(pattern, resource));
      return [...(byText.get(resource) ?? []), ...matches.map(({ placedRule }) => placedRule)];
    },
    forAudience: (audience) => byAudience.get(audience) ?? [],
    liftsScopeCeiling: rules.some(({ scopeCeiling }) => scopeCeiling === 'policy'),
  };
}

function append<T>(lists: Map<string, T[]>, key: string, item: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}
