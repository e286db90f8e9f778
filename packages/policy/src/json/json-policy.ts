import type { Steps } from '@mandate/ports';
import type { Grant, PolicyBackend, PolicyDecision, PolicyRequest, UnmetRule } from '../policy-backend.js';
import { actorsMeeting } from './condition.js';
import { type PolicyFileOptions, parsePolicyFileInSteps } from './policy-file.js';
import { unmetConditions } from './unmet-conditions.js';
import { indexRules, type PlacedRule, type RuleIndex } from './rule-index.js';

/** Most rules that are named as covering a target in vain: thousands would help nobody. */
const MAX_UNMET = 10;

/**
 * The local policy file as a backend. `current` returns the rules in force now.
 *
 * @example
 * const file = watchFile(runtime, { path, variable, parseInSteps: loadPolicy, intervalSeconds: 5 });
 * const backend = createJsonPolicy(file);
 */
export function createJsonPolicy(options: { current: () => RuleIndex }): PolicyBackend {
  return {
    name: 'json',
    decide: (request) => Promise.resolve(decideByRules(options.current(), request)),
    liftsScopeCeiling: () => options.current().liftsScopeCeiling,
  };
}

/** Reads a policy file into the rules in force. @throws FileError as {@link parsePolicyFileInSteps}. */
export function* loadPolicy(text: string, options: PolicyFileOptions = {}): Steps<RuleIndex> {
  return yield* indexRules(yield* parsePolicyFileInSteps(text, options));
}

/**
 * Decides by every rule that matches: a matching deny wins in any order, as does one of an audience that the token would
 * be for; every requested target must be covered by a rule; the grants of all matching rules count together.
 */
export function decideByRules(index: RuleIndex, request: PolicyRequest): PolicyDecision {
  const coverOf = (target: string, candidates: readonly PlacedRule[]): Cover => {
    return { target, candidates, rules: candidates.filter((rule) => concerns(rule, request)) };
  };
  const covers = [
    ...request.resources.map((target) => coverOf(target, index.forResource(target))),
    ...request.audiences.map((target) => coverOf(target, index.forAudience(target))),
  ];
  const matches = inFileOrder(covers.flatMap(({ rules }) => rules));
  const denyRules = inFileOrder(matches.flatMap((match) => deniesOf(match, request)));
  if (denyRules.length > 0) return { outcome: 'deny', rules: namesOf(denyRules) };
  const gaps = covers.filter(({ rules }) => rules.length === 0);
  if (gaps.length > 0 || matches.length === 0) {
    const uncovered = gaps.map(({ target }) => target);
    const unmet = gaps.flatMap((cover) => unmetRules(cover, request));
    return { outcome: 'not_applicable', uncovered, ...(unmet.length > 0 && { unmet }) };
  }
  return {
    outcome: 'permit',
    rules: namesOf(matches),
    grants: matches.flatMap((match) => grantsOf(match, request)),
  };
}

/** The rules of a target, and those of them whose conditions hold. */
interface Cover {
  target: string;
  candidates: readonly PlacedRule[];
  rules: readonly PlacedRule[];
}

function concerns({ rule }: PlacedRule, request: PolicyRequest): boolean {
  return unmetConditions(rule, request).length === 0;
}

/** What a rule that matches is denied by: itself, or those that deny an audience of its tokens. */
function deniesOf(match: PlacedRule, request: PolicyRequest): readonly PlacedRule[] {
  return match.rule.deny ? [match] : match.deniedBy.filter((rule) => concerns(rule, request));
}

/** Each rule once. */
function inFileOrder(rules: readonly PlacedRule[]): readonly PlacedRule[] {
  return rules.length < 2 ? rules : [...new Set(rules)].sort((a, b) => a.place - b.place);
}

function namesOf(rules: readonly PlacedRule[]): string[] {
  return rules.map(({ rule }) => rule.name);
}

/** Rules that cover a target and would permit if their conditions held, at most {@link MAX_UNMET}. */
function unmetRules({ target, candidates }: Cover, request: PolicyRequest): UnmetRule[] {
  const permitRules = inFileOrder(candidates).filter(({ rule }) => !rule.deny);
  return permitRules
    .slice(0, MAX_UNMET)
    .map(({ rule }) => ({ rule: rule.name, target, conditions: unmetConditions(rule, request) }));
}

/** A rule that says in two ways who may act grants twice the same, so that whoever acts must be allowed by both. */
function grantsOf({ rule, grant }: PlacedRule, request: PolicyRequest): Grant[] {
  if (grant === undefined) return [];
  const { allowedActors, actors } = rule;
  const meeting = actors && actorsMeeting(actors, request);
  const lists = [allowedActors, meeting].filter((list) => list !== undefined);
  return lists.length === 0 ? [grant] : lists.map((list) => ({ ...grant, allowedActors: list }));
}
