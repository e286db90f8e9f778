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
  placed: PlacedRule;
}

/** Indexes rules, one after the other. */
export function* indexRules(rules: readonly PolicyRule[]): Steps<RuleIndex> {
  const byAudience = new Map<string, PlacedRule[]>();
  const byText = new Map<string, PlacedRule[]>();
  const byPrefix = new Map<string, PlacedPattern[]>();
  for (const [place, rule] of rules.entries()) {
    const placed = { rule, place };
    if (rule.audience !== undefined) append(byAudience, rule.audience, placed);
    for (const pattern of rule.patterns) {
      if (pattern.kind === 'exact') append(byText, pattern.text, placed);
      else append(byPrefix, pattern.prefix, { pattern, placed });
    }
    yield;
  }
  const prefixLengths = [...new Set(Array.from(byPrefix.keys(), ({ length }) => length))].sort((a, b) => a - b);
  return {
    forResource(resource) {
      const lengths = prefixLengths.filter((length) => length <= resource.length);
      const continued = lengths.flatMap((length) => byPrefix.get(resource.slice(0, length)) ?? []);
      const matching = continued.filter(({ pattern }) => matchesPattern(pattern, resource));
      return [...(byText.get(resource) ?? []), ...matching.map(({ placed }) => placed)];
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
