export {
  ACT_ON_BEHALF,
  type AgreedActor,
  type Agreement,
  agreementDetail,
  mayActOf,
  parseAuthorizationDetails,
  readAgreement,
} from './agreement.js';
export type { AuthenticationDevice, DeviceContext, DeviceQuestion } from './backchannel/authentication-device.js';
export type { Consent, ConsentAnswer, ConsentContext, ConsentQuestion } from './backchannel/consent.js';
export type {
  BackchannelDecision,
  BackchannelRequest,
  BackchannelRequestStore,
  DecideOutcome,
  OpenRequestLimits,
  PollOutcome,
} from './backchannel/backchannel-request-store.js';
export { askedTooOften } from './backchannel/asked-too-often.js';
export { countedName } from './backchannel/counted-name.js';
export { SLOW_DOWN_SECONDS } from './backchannel/request-lifetime.js';
export { createMemoryBackchannelRequestStore } from './backchannel/memory-backchannel-request-store.js';
export type { Delegation, DelegationQuery, DelegationStore } from './delegations/delegation-store.js';
export { createMemoryDelegationStore } from './delegations/memory-delegation-store.js';
export { usesLeft } from './delegations/uses-left.js';
export type { RefreshToken, RefreshTokenStore } from './refresh-tokens/refresh-token-store.js';
export { createMemoryRefreshTokenStore } from './refresh-tokens/memory-refresh-token-store.js';
export { createRedisBackchannelRequestStore } from './backchannel/redis-backchannel-request-store.js';
export { createRedisDelegationStore } from './delegations/redis-delegation-store.js';
export { createRedisRefreshTokenStore } from './refresh-tokens/redis-refresh-token-store.js';
export { isPlainLine } from './plain-line.js';
export { createOpaqueIdentifier, digestOf, digestOfIdentifier } from './opaque-identifier.js';
