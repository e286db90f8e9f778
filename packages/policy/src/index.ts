export { type Authority, type SeveralTargets, combineGrants } from './combine-grants.js';
export { createJsonPolicy, decideByRules, loadPolicy } from './json/json-policy.js';
export { JWT_POLICY, type JwtPolicyOptions, createJwtPolicy } from './jwt/jwt-policy.js';
export {
  type RemoteIntrospection,
  type RemoteIntrospectionOptions,
  createRemoteIntrospection,
} from './jwt/remote-introspection.js';
export { readDelegationMembers } from './grant-members.js';
export type { ClaimsProvider } from './claims/claims-provider.js';
export { type HttpClaimsProviderOptions, createHttpClaimsProvider } from './claims/http-claims-provider.js';
export { withRecentClaims } from './claims/recent-claims.js';
export { parsePolicyFile, policyFileSchema } from './json/policy-file.js';
export type { PolicyRule } from './json/policy-rule.js';
export { indexRules } from './json/rule-index.js';
export { countUndefined, createOpaPolicy } from './opa/opa-policy.js';
export { noDocument, parseOpaUrl } from './opa/opa-endpoint.js';
export type {
  ActAsForm,
  ClaimFrom,
  DelegationMembers,
  EmbeddedGrant,
  Grant,
  Origin,
  PolicyBackend,
  PolicyContext,
  PolicyDecision,
  PolicyRequest,
  ReceivedToken,
  ScopeCeiling,
  UnmetRule,
} from './policy-backend.js';
export { type Disagreement, type ShadowOptions, type ShadowOutcome, countShadow, withShadow } from './shadow.js';
export { type ChainDecision, type PolicyChain, createPolicyChain } from './policy-chain.js';
