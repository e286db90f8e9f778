export { type Audit, type AuditSettings, auditConfig, composeAuditSink } from './audit.js';
export {
  type CallerSettings,
  callersConfig,
  clientIssuerOf,
  composeCallers,
  introspectionScopeConfig,
} from './callers.js';
export {
  type Clients,
  type ClientSettings,
  clientsConfig,
  composeClients,
  composeOptionalClients,
} from './client-authentication.js';
export {
  type OpenamIntrospection,
  type OpenamIntrospectionSettings,
  composeOpenamIntrospection,
  composeOpenamSessions,
  cookieName,
  openamIntrospectionConfig,
} from './openam.js';
export { type ComposedPart, uniteParts, withoutNeed } from './part.js';
export { type RedisClientOptions, createRedisClient } from './redis.js';
export { type RedisNode, type RedisTarget, parseRedisUrl } from './redis-url.js';
export { type SharedState, type StateSettings, composeSharedState, stateConfig } from './shared-state.js';
export {
  type SigningKeys,
  type SigningSettings,
  asConfigError,
  composeOptionalSigningKeys,
  composeSigningKeys,
  signingConfig,
  tokenIssuer,
} from './signing-keys.js';
export { type IssuerSettings, type TrustedIssuers, composeTrustedIssuers, issuersConfig } from './trusted-issuers.js';
