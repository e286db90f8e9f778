import type { PolicyClient, PolicyParty, PolicyRequest } from '../policy-backend.js';
import { type Condition, failedMember } from './condition.js';
import type { NamedClient, PolicyRule } from './policy-rule.js';

/** Most alternatives of one rule that are told. */
const MAX_ALTERNATIVES = 10;

/**
 * The conditions of a rule that a question does not meet, by the names of the members: of each of several alternatives
 * the first that fails. Empty: the rule concerns the question.
 */
export function unmetConditions(
  { clients, subjects }: Pick<PolicyRule, 'clients' | 'subjects'>,
  { client, subject }: Pick<PolicyRequest, 'client' | 'subject'>,
): string[] {
  const unmet = subjects === undefined ? [] : unmetAlternatives('subjects', subjects, subject);
  return clients === undefined || clients.some((name) => namesClient(name, client)) ? unmet : ['clients', ...unmet];
}

function namesClient(name: NamedClient, { id, iss, own }: PolicyClient): boolean {
  return typeof name === 'string' ? own && name === id : name.iss === iss && name.clientId === id;
}

/** One of the alternatives is enough; of none, the place of each is told where there are several. */
function unmetAlternatives(member: string, conditions: readonly Condition[], party: PolicyParty): string[] {
  if (conditions.some((condition) => failedMember(condition, party) === undefined)) return [];
  const [only, ...others] = conditions;
  if (only === undefined) return [member];
  if (others.length === 0) return [`${member}.${failedMember(only, party)}`];
  const names = conditions.slice(0, MAX_ALTERNATIVES).map((condition) => failedMember(condition, party));
  return names.map((name, index) => `${member}[${index}].${name}`);
}
