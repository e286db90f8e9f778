export { type Authority, type SeveralTargets, combineGrants } from './combine-grants.js';
export { createJsonPolicy, loadPolicy } from './json/json-policy.js';
export { JWT_POLICY, createJwtPolicy } from './jwt/jwt-policy.js';
export { type RemoteIntrospection, createRemoteIntrospection } from './jwt/remote-introspection.js';
export { readDelegationMembers } from './grant-members.js';
export type { ClaimsProvider } from './claims/claims-provider.js';
export { createHttpClaimsProvider } from './claims/http-claims-provider.js';
export { withRecentClaims } from './claims/recent-claims.js';
export { hasDotSegments } from './json/pattern.js';
export { parsePolicyFile, policyFileSchema } from './json/policy-file.js';
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
export { type Disagreement, type ShadowOptions, countShadow, withShadow } from './shadow.js';
export { type ChainDecision, type PolicyChain, createPolicyChain } from './policy-chain.js';
