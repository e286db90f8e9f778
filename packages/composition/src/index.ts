export { parseRate, rate } from './rate-limits.js';
export { type ClientProof, createClientProof, signAsClient } from './client-proof.js';
export { type Audit, auditConfig, composeAuditSink } from './audit.js';
export { callersConfig, clientIssuerOf, composeCallers, introspectionScopeConfig } from './callers.js';
export { type ActAsPrefix, actAsConfig, actAsPrefixes } from './act-as.js';
export {
  type Clients,
  backchannelEndpointUrls,
  clientsConfig,
  composeClients,
  composeOptionalClients,
  noStandIn,
  tokenEndpointUrls,
} from './clients.js';
export { clientStoresConfig, composeClientRecords, composeClientStores } from './client-stores/client-stores.js';
export { type RemoteStoreName, REMOTE_STORES } from './client-stores/remote-store.js';
export {
  type OpenamIntrospection,
  type OpenamIntrospectionSettings,
  composeOpenamIntrospection,
  composeOpenamSessions,
  cookieName,
  openamIntrospectionConfig,
} from './openam.js';
export { delegationRecordsConfig } from './delegations.js';
export { type ComposedPart, uniteParts, withoutNeed } from './part.js';
export { redisConfig } from './redis-state.js';
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
export { composeTokenVerifier, verifierConfig } from './token-verifier.js';
export { composeTrustedIssuers, issuersConfig } from './trusted-issuers.js';
