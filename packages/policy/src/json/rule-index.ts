import type { Steps } from '@mandate/ports';
import type { Grant } from '../policy-backend.js';
import { matchesPattern, type ResourcePattern } from './pattern.js';
import { grantOf } from './grant-of-rule.js';
import type { PolicyRule } from './policy-rule.js';

/** A rule, where it stands in the file, and what it grants to whoever may act. */
export interface PlacedRule {
  rule: PolicyRule;
  place: number;
  /** Absent where it grants nothing. */
  grant: Grant | undefined;
  /** Rules that deny an audience of its tokens, or of those inside, as such: by whatever target those are asked for. */
  deniedBy: readonly PlacedRule[];
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
  const byDeniedAudience = new Map<string, PlacedRule[]>();
  const byText = new Map<string, PlacedRule[]>();
  const byPrefix = new Map<string, PlacedPattern[]>();
  const placedRules: PlacedRule[] = [];
  for (const [place, rule] of rules.entries()) {
    const placedRule: PlacedRule = { rule, place, grant: grantOf(rule), deniedBy: [] };
    placedRules.push(placedRule);
    if (rule.audience !== undefined) {
      append(byAudience, rule.audience, placedRule);
      if (rule.deny && rule.patterns.length === 0) append(byDeniedAudience, rule.audience, placedRule);
    }
    for (const pattern of rule.patterns) {
      if (pattern.kind === 'exact') append(byText, pattern.text, placedRule);
      else append(byPrefix, pattern.prefix, { pattern, placedRule });
    }
    yield;
  }
  for (const placedRule of placedRules) {
    placedRule.deniedBy = audiencesOf(placedRule).flatMap((audience) => byDeniedAudience.get(audience) ?? []);
    yield;
  }
  const prefixLengths = [...new Set(Array.from(byPrefix.keys(), ({ length }) => length))].sort((a, b) => a - b);
  return {
    forResource(resource) {
      const matches = [...(byText.get(resource) ?? [])];
      for (const length of prefixLengths) {
        if (length > resource.length) break;
        for (const { pattern, placedRule } of byPrefix.get(resource.slice(0, length)) ?? []) {
          if (matchesPattern(pattern, resource)) matches.push(placedRule);
        }
      }
      return matches;
    },
    forAudience: (audience) => byAudience.get(audience) ?? [],
    liftsScopeCeiling: rules.some(({ scopeCeiling }) => scopeCeiling === 'policy'),
  };
}

/** Whom its tokens are for, and those inside them. */
function audiencesOf({ grant }: PlacedRule): string[] {
  if (grant === undefined) return [];
  return [grant.audience, ...(grant.embed ?? []).map(({ audience }) => audience)];
}

function append<T>(lists: Map<string, T[]>, key: string, item: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}
