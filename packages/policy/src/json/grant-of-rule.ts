import { delegationMembersOf } from '../grant-members.js';
import type { Grant } from '../policy-backend.js';
import type { PolicyRule } from './policy-rule.js';

/** What a rule grants, whoever acts; `undefined` for one that denies. */
export function grantOf(rule: PolicyRule): Grant | undefined {
  if (rule.deny || rule.audience === undefined) return undefined;
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
    ...delegationMembersOf(rule),
  };
}
