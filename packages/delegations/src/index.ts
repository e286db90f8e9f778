export {
  ACT_ON_BEHALF,
  type AgreedActor,
  type Agreement,
  agreementDetail,
  mayActOf,
  parseAgreement,
  parseAuthorizationDetails,
  readAgreement,
} from './agreement.js';
export type { AuthenticationDevice, DeviceContext, DeviceQuestion } from './backchannel/authentication-device.js';
export type { Consent, ConsentAnswer, ConsentContext, ConsentQuestion, PutQuestion } from './backchannel/consent.js';
export type {
  BackchannelDecision,
  BackchannelRequest,
  BackchannelRequestStore,
  DecideOutcome,
  OpenRequestLimits,
  PollOutcome,
} from './backchannel/backchannel-request-store.js';
export { SLOW_DOWN_SECONDS } from './backchannel/request-lifetime.js';
export {
  type MemoryBackchannelRequestStoreOptions,
  createMemoryBackchannelRequestStore,
} from './backchannel/memory-backchannel-request-store.js';
export type {
  Delegation,
  DelegationPage,
  DelegationQuery,
  DelegationStore,
  PossibleIdentity,
  RecordOutcome,
  SpendOutcome,
} from './delegations/delegation-store.js';
export {
  type MemoryDelegationStoreOptions,
  createMemoryDelegationStore,
} from './delegations/memory-delegation-store.js';
export { usesLeft } from './delegations/uses-left.js';
export type { RefreshToken, RefreshTokenStore, RotateOutcome } from './refresh-tokens/refresh-token-store.js';
export {
  type MemoryRefreshTokenStoreOptions,
  createMemoryRefreshTokenStore,
} from './refresh-tokens/memory-refresh-token-store.js';
export {
  type RedisBackchannelRequestStoreOptions,
  createRedisBackchannelRequestStore,
} from './backchannel/redis-backchannel-request-store.js';
export { type RedisDelegationStoreOptions, createRedisDelegationStore } from './delegations/redis-delegation-store.js';
export {
  type RedisRefreshTokenStoreOptions,
  createRedisRefreshTokenStore,
} from './refresh-tokens/redis-refresh-token-store.js';
export { isPlainLine } from './plain-line.js';
export { createOpaqueIdentifier, digestOf, digestOfIdentifier } from './opaque-identifier.js';
