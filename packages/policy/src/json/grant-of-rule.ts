import { DELEGATION_MEMBERS } from '../grant-members.js';
import type { Grant } from '../policy-backend.js';
import type { PolicyRule } from './policy-rule.js';

/** What a grant need not say. */
const OPTIONAL_MEMBERS: readonly (keyof Grant & keyof PolicyRule)[] = [
  'expirationSeconds',
  'impersonation',
  'clientAsActor',
  'thirdPartyActor',
  'scopeCeiling',
  ...DELEGATION_MEMBERS,
];

/** What a rule grants, whoever acts; `undefined` for one that denies. */
export function grantOf(rule: PolicyRule): Grant | undefined {
  const { audience, scopes, additionalClaims } = rule;
  if (rule.deny || audience === undefined) return undefined;
  const said = OPTIONAL_MEMBERS.filter((member) => rule[member] !== undefined);
  return { audience, scopes, additionalClaims, ...Object.fromEntries(said.map((member) => [member, rule[member]])) };
}
