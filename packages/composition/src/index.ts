export { type Audit, type AuditSettings, auditConfig, composeAuditSink } from './audit.js';
export {
  type Clients,
  type ClientSettings,
  clientsConfig,
  composeClients,
  composeOptionalClients,
} from './client-authentication.js';
export {
  type OpenamIntrospectionSettings,
  composeOpenamIntrospector,
  composeOpenamSessions,
  cookieName,
  openamIntrospectionConfig,
} from './openam.js';
export { type ComposedPart, uniteParts } from './part.js';
export { type RedisClientOptions, createRedisClient } from './redis.js';
export { type RedisNode, type RedisTarget, parseRedisUrl } from './redis-url.js';
export { type Revocations, type SharedState, composeRevocationStore } from './revocations.js';
export { type ComposedRedis, type StateSettings, composeRedis, stateConfig } from './shared-state.js';
export {
  type SigningKeys,
  type SigningSettings,
  asConfigError,
  composeOptionalSigningKeys,
  composeSigningKeys,
  signingConfig,
} from './signing-keys.js';
export { type IssuerSettings, type TrustedIssuers, composeTrustedIssuers, issuersConfig } from './trusted-issuers.js';
