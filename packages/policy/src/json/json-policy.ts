import type { Steps } from '@mandate/ports';
import type { Grant, PolicyBackend, PolicyClient, PolicyDecision, PolicyRequest } from '../policy-backend.js';
import { actorsMeeting, meetsCondition } from './condition.js';
import { type PolicyFileOptions, parsePolicyFileInSteps } from './policy-file.js';
import type { NamedClient, PolicyRule } from './policy-rule.js';
import { indexRules, type PlacedRule, type RuleIndex } from './rule-index.js';

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
 * Decides by every rule that matches: a matching deny wins in any order; every requested target must be covered by a
 * rule; the grants of all matching rules count together.
 */
export function decideByRules(index: RuleIndex, request: PolicyRequest): PolicyDecision {
  const covers = [
    ...request.resources.map((target) => ({ target, rules: index.forResource(target) })),
    ...request.audiences.map((target) => ({ target, rules: index.forAudience(target) })),
  ].map(({ target, rules }) => ({ target, rules: rules.filter(({ rule }) => concerns(rule, request)) }));
  const matched = inFileOrder(covers.flatMap(({ rules }) => rules));
  const denying = matched.filter(({ deny }) => deny);
  if (denying.length > 0) return { outcome: 'deny', rules: denying.map(({ name }) => name) };
  const uncovered = covers.filter(({ rules }) => rules.length === 0).map(({ target }) => target);
  if (uncovered.length > 0 || matched.length === 0) return { outcome: 'not_applicable', uncovered };
  return {
    outcome: 'permit',
    rules: matched.map(({ name }) => name),
    grants: matched.flatMap((rule) => grantsOf(rule, request)),
  };
}

/** Each rule once. */
function inFileOrder(rules: readonly PlacedRule[]): PolicyRule[] {
  const byPlace = new Map(rules.map(({ place, rule }) => [place, rule]));
  return [...byPlace].sort(([a], [b]) => a - b).map(([, rule]) => rule);
}

function concerns(rule: PolicyRule, request: PolicyRequest): boolean {
  return concernsClient(rule, request) && concernsSubject(rule, request);
}

function concernsClient(rule: PolicyRule, { client }: PolicyRequest): boolean {
  return rule.clients?.some((name) => namesClient(name, client)) ?? true;
}

function namesClient(name: NamedClient, { id, iss, own }: PolicyClient): boolean {
  return typeof name === 'string' ? own && name === id : name.iss === iss && name.clientId === id;
}

function concernsSubject(rule: PolicyRule, { subject }: PolicyRequest): boolean {
  return rule.subjects?.some((condition) => meetsCondition(condition, subject)) ?? true;
}

/** A rule that says in two ways who may act grants twice the same, so that whoever acts must be allowed by both. */
function grantsOf(rule: PolicyRule, request: PolicyRequest): Grant[] {
  const grant = grantOf(rule);
  if (grant === undefined) return [];
  const { allowedActors, actors } = rule;
  const meeting = actors && actorsMeeting(actors, request);
  const lists = [allowedActors, meeting].filter((list) => list !== undefined);
  return lists.length === 0 ? [grant] : lists.map((list) => ({ ...grant, allowedActors: list }));
}

function grantOf(rule: PolicyRule): Grant | undefined {
  if (rule.audience === undefined) return undefined;
  const { audience, scopes, additionalClaims } = rule;
  const { expirationSeconds, impersonation, clientAsActor, thirdPartyActor, scopeCeiling } = rule;
  return {
    audience,
    scopes,
    additionalClaims,
    ...(expirationSeconds !== undefined && { expirationSeconds }),
    ...(impersonation !== undefined && { impersonation }),
    ...(clientAsActor !== undefined && { clientAsActor }),
    ...(thirdPartyActor !== undefined && { thirdPartyActor }),
    ...(scopeCeiling !== undefined && { scopeCeiling }),
  };
}
