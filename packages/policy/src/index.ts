export { type Authority, type CombinedGrants, combineGrants } from './combine-grants.js';
export { createJsonPolicy, decideByRules, loadPolicy } from './json/json-policy.js';
export { JWT_POLICY, type JwtPolicyOptions, createJwtPolicy } from './jwt/jwt-policy.js';
export {
  type RemoteIntrospection,
  type RemoteIntrospectionOptions,
  createRemoteIntrospection,
} from './jwt/remote-introspection.js';
export { parsePolicyFile, policyFileSchema } from './json/policy-file.js';
export type { PolicyRule } from './json/policy-rule.js';
export { type RuleIndex, indexRules } from './json/rule-index.js';
export { type OpaPolicyOptions, createOpaPolicy } from './opa/opa-policy.js';
export { parseOpaUrl } from './opa/opa-endpoint.js';
export type {
  Grant,
  PolicyBackend,
  PolicyContext,
  PolicyDecision,
  PolicyParty,
  PolicyRequest,
  ReceivedToken,
  ScopeCeiling,
} from './policy-backend.js';
export { DIFFERENCES, type Difference } from './decision-differences.js';
export { type Disagreement, type ShadowOptions, type ShadowOutcome, withShadow } from './shadow.js';
export { type ChainDecision, type PolicyChain, createPolicyChain } from './policy-chain.js';
