import type { JsonValue } from '@mandate/ports';
import type { PolicyClient, PolicyParty, PolicyRequest } from '../policy-backend.js';
import type { ClaimValue, NamedClient, PolicyRule, SubjectCondition } from './policy-rule.js';

/** Most alternatives of one rule that are told. */
const MAX_ALTERNATIVES = 10;

/**
 * The conditions of a rule that a question does not meet, by the names of the members: of each of several alternatives
 * the first that fails. Empty: the rule concerns the question.
 */
export function unmetConditions(rule: Pick<PolicyRule, 'clients' | 'subjects'>, request: PolicyRequest): string[] {
  const { clients, subjects } = rule;
  return [
    ...(clients === undefined || clients.some((name) => namesClient(name, request.client)) ? [] : ['clients']),
    ...(subjects === undefined ? [] : unmetAlternatives('subjects', subjects, request.subject)),
  ];
}

function namesClient(name: NamedClient, { id, iss, own }: PolicyClient): boolean {
  return typeof name === 'string' ? own && name === id : name.iss === iss && name.clientId === id;
}

/** One of the alternatives is enough; of none, the place of each is told where there are several. */
function unmetAlternatives(member: string, conditions: readonly SubjectCondition[], party: PolicyParty): string[] {
  if (conditions.some((condition) => failedMember(condition, party) === undefined)) return [];
  const [only, ...others] = conditions;
  if (only === undefined) return [member];
  if (others.length === 0) return [`${member}.${failedMember(only, party)}`];
  const failed = conditions.slice(0, MAX_ALTERNATIVES).map((condition) => failedMember(condition, party));
  return failed.map((name, index) => `${member}[${index}].${name}`);
}

/** The first member of a condition that does not hold. */
function failedMember({ issuer, subs, claims = {} }: SubjectCondition, party: PolicyParty): string | undefined {
  if (issuer !== undefined && issuer !== party.iss) return 'issuer';
  if (subs !== undefined && !subs.includes(party.sub)) return 'subs';
  const failed = Object.entries(claims).find(([claim, wanted]) => !hasClaim(party.claims[claim], wanted));
  return failed && `claims.${failed[0]}`;
}

/** A claim meets a condition when any of its values is any of the wanted ones. */
function hasClaim(actual: JsonValue | undefined, wanted: ClaimValue | readonly ClaimValue[]): boolean {
  const accepted: readonly unknown[] = Array.isArray(wanted) ? wanted : [wanted];
  return Array.isArray(actual) ? actual.some((item) => accepted.includes(item)) : accepted.includes(actual);
}
