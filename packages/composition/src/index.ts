export { type Audit, auditConfig, composeAuditSink } from './audit.js';
export { callersConfig, clientIssuerOf, composeCallers, introspectionScopeConfig } from './callers.js';
export { type ActAsPrefix, actAsConfig, actAsPrefixes } from './act-as.js';
export { type Clients, clientsConfig, composeClients, composeOptionalClients, tokenEndpointUrls } from './clients.js';
export {
  type OpenamIntrospection,
  type OpenamIntrospectionSettings,
  composeOpenamIntrospection,
  composeOpenamSessions,
  cookieName,
  openamIntrospectionConfig,
} from './openam.js';
export { type ComposedPart, uniteParts, withoutNeed } from './part.js';
export { createRedisClient } from './redis.js';
export { parseRedisUrl } from './redis-url.js';
export { type SharedState, type StateSettings, composeSharedState, stateConfig } from './shared-state.js';
export {
  type SigningKeys,
  composeOptionalSigningKeys,
  composeOwnIssuer,
  composeSigningKeys,
  signingConfig,
  tokenIssuer,
} from './signing-keys.js';
export { composeTrustedIssuers, issuersConfig } from './trusted-issuers.js';
