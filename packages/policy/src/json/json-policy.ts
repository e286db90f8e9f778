import type { JsonValue } from '@mandate/ports';
import type { Grant, PolicyBackend, PolicyClient, PolicyDecision, PolicyRequest } from '../policy-backend.js';
import { matchesPattern } from './pattern.js';
import type { ClaimValue, NamedClient, PolicyRule, SubjectCondition } from './policy-file.js';

/** The local policy file as a backend. `current` returns the rules in force now. */
export function createJsonPolicy(options: { current: () => readonly PolicyRule[] }): PolicyBackend {
  return {
    name: 'json',
    decide: (request) => Promise.resolve(decideByRules(options.current(), request)),
    liftsScopeCeiling: () => options.current().some(({ scopeCeiling }) => scopeCeiling === 'policy'),
  };
}

/**
 * Decides by every rule that matches: a matching deny wins in any order; every requested target must be covered by a
 * rule; the grants of all matching rules count together.
 */
export function decideByRules(rules: readonly PolicyRule[], request: PolicyRequest): PolicyDecision {
  const applicable = rules.filter((rule) => concernsClient(rule, request) && concernsSubject(rule, request));
  const covers = targetsOf(request).map((target) => ({
    target: target.value,
    rules: applicable.filter((rule) => target.matches(rule)),
  }));
  const matching = new Set(covers.flatMap((cover) => cover.rules));
  const matched = applicable.filter((rule) => matching.has(rule));
  const denying = matched.filter(({ deny }) => deny);
  if (denying.length > 0) return { outcome: 'deny', rules: denying.map(({ name }) => name) };
  const uncovered = covers.filter((cover) => cover.rules.length === 0).map(({ target }) => target);
  if (uncovered.length > 0 || matched.length === 0) return { outcome: 'not_applicable', uncovered };
  return { outcome: 'permit', rules: matched.map(({ name }) => name), grants: matched.flatMap(grantOf) };
}

function targetsOf({
  resources,
  audiences,
}: PolicyRequest): { value: string; matches: (rule: PolicyRule) => boolean }[] {
  return [
    ...resources.map((value) => ({
      value,
      matches: (rule: PolicyRule) => rule.patterns.some((pattern) => matchesPattern(pattern, value)),
    })),
    ...audiences.map((value) => ({ value, matches: (rule: PolicyRule) => rule.audience === value })),
  ];
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

function meetsCondition({ issuer, subs, claims }: SubjectCondition, subject: PolicyRequest['subject']): boolean {
  if (issuer !== undefined && issuer !== subject.iss) return false;
  if (subs !== undefined && !subs.includes(subject.sub)) return false;
  return Object.entries(claims ?? {}).every(([claim, wanted]) => hasClaim(subject.claims[claim], wanted));
}

/** A claim meets a condition when any of its values is any of the wanted ones. */
function hasClaim(actual: JsonValue | undefined, wanted: ClaimValue | readonly ClaimValue[]): boolean {
  const accepted: readonly unknown[] = Array.isArray(wanted) ? wanted : [wanted];
  return Array.isArray(actual) ? actual.some((item) => accepted.includes(item)) : accepted.includes(actual);
}

function grantOf(rule: PolicyRule): Grant[] {
  if (rule.audience === undefined) return [];
  const { audience, scopes, additionalClaims } = rule;
  const { expirationSeconds, allowedActors, impersonation, clientAsActor, thirdPartyActor, scopeCeiling } = rule;
  return [
    {
      audience,
      scopes,
      additionalClaims,
      ...(expirationSeconds !== undefined && { expirationSeconds }),
      ...(allowedActors !== undefined && { allowedActors }),
      ...(impersonation !== undefined && { impersonation }),
      ...(clientAsActor !== undefined && { clientAsActor }),
      ...(thirdPartyActor !== undefined && { thirdPartyActor }),
      ...(scopeCeiling !== undefined && { scopeCeiling }),
    },
  ];
}
