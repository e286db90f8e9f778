export { parseRate, rate } from './rate-limits.js';
export { type ClientProof, createClientProof, signAsClient } from './client-proof.js';
export { auditConfig, composeAuditSink } from './audit.js';
export { callersConfig, clientIssuerOf, composeCallers, introspectionScopeConfig } from './callers.js';
export { type ActAsPrefix, actAsConfig, actAsPrefixes } from './act-as.js';
export { backchannelEndpointUrls, tokenEndpointUrls } from './compose-client-authentication.js';
export { type Clients, clientsConfig, composeClients, composeOptionalClients, noStandIn } from './clients.js';
export { composeClientRecords } from './client-stores/client-stores.js';
export { REMOTE_STORES } from './client-stores/store-names.js';
export {
  type OpenamIntrospection,
  composeOpenamIntrospection,
  composeOpenamSessions,
  cookieName,
  openamIntrospectionConfig,
  openamSessionConfig,
} from './openam.js';
export { needed } from './needed.js';
export { delegationRecordsConfig } from './delegation-records.js';
export { type ComposedPart, uniteParts, withoutNeed } from './part.js';
export { createRedisClient } from './redis/redis-client.js';
export { parseRedisUrl } from './redis/redis-url.js';
export { type SharedState, composeSharedState, stateConfig } from './shared-state.js';
export {
  type SigningKeys,
  type SigningSettings,
  composeOptionalSigningKeys,
  composeOwnIssuer,
  composeSigningKeys,
  signingConfig,
  tokenIssuer,
} from './signing-keys.js';
export { MAX_TOKEN_LIFETIME_SECONDS, tokenLifetimeConfig } from './token-lifetime.js';
export { composeTokenVerifier, verifierConfig } from './token-verifier.js';
export { composeTrustedIssuers, issuersConfig } from './trusted-issuers.js';
