export { SIGNATURE_ALGORITHMS } from './algorithms.js';
export {
  type CompactJws,
  type CompactJwsRefusal,
  type CompactJwsResult,
  MAX_TOKEN_LENGTH,
  parseCompactJws,
} from './compact-jws.js';
export { type StaticIssuerSettings, openidIssuerRecord, staticIssuerRecord } from './configured-issuers.js';
export { type IntrospectedTokenOptions, introspectedToken } from './introspected-token.js';
export { type GeneratedKeysOptions, loadOrGenerateKeys } from './generated-keys.js';
export {
  type IssuerKeys,
  type KeySelector,
  type TrustedIssuer,
  type VerificationKey,
  combineIssuerKeys,
  selectKeys,
  withOwnIssuer,
} from './issuer-keys.js';
export { createJwtIntrospector } from './jwt-introspector.js';
export { type KeySetCache, type KeySetCacheOptions, createKeySetCache } from './key-set-cache.js';
export { type KeyStore, type SigningKey, type SigningKeySet, createKeyStore } from './key-store.js';
export { type MemoryRevocationStoreOptions, createMemoryRevocationStore } from './memory-revocation-store.js';
export { type OpenamIntrospectorOptions, createOpenamIntrospector, isJwtShaped } from './openam/openam-introspector.js';
export {
  type OpenamLogin,
  type OpenamLoginOptions,
  type OpenamServiceSession,
  createOpenamLogin,
} from './openam/openam-login.js';
export { realmContains, realmOfUrl } from './openam/openam-realm.js';
export { askOpenam, openamError, unexpectedStatus } from './openam/openam-request.js';
export { type OpenamSessionVerifierOptions, createOpenamSessionVerifier } from './openam/openam-session-verifier.js';
export {
  type OpenamSession,
  type OpenamSessionApi,
  type OpenamSessions,
  type OpenamSessionsOptions,
  createOpenamSessions,
} from './openam/openam-sessions.js';
export { parseTrustedIssuers } from './parse-trusted-issuers.js';
export { type RedisRevocationStoreOptions, createRedisRevocationStore } from './redis-revocation-store.js';
export { ancestorsOf, grantIdOf } from './lineage.js';
export { isRevoked, revocationQuestionOf } from './revocation-question.js';
export { subjectIdClaim, subjectIdentityOf } from './subject-identity.js';
export type { Revocation, RevocationQuestion, RevocationStore } from './revocation-store.js';
export { parseSigningJwkBase64, parseSigningJwks } from './signing-keys.js';
export {
  type InactiveReason,
  type Introspection,
  type TokenIntrospector,
  type TokenTypeHint,
  parseTokenTypeHint,
} from './token-introspector.js';
export { type SignOptions, type TokenSigner, createTokenSigner } from './token-signer.js';
export { type TokenVerifierOptions, createTokenVerifier } from './token-verifier.js';
export type { TrustedIssuerRecord } from './trusted-issuer-record.js';
export {
  type KeyRefresh,
  type RemoteIssuerOptions,
  createIssuerKeys,
  createOpenidIssuerKeys,
  createStaticIssuerKeys,
  ownIssuerKeys,
} from './trusted-issuers.js';
export {
  KEY_SET_REFUSALS,
  type KeySetRefusal,
  type KeySetRules,
  type VerificationKeys,
  readVerificationKeys,
} from './verification-keys.js';
export type {
  IssuerTrust,
  TokenKind,
  TokenRefusal,
  TokenVerifier,
  VerifiedToken,
  VerifyResult,
} from './verified-token.js';
export { verifySignature } from './verify-signature.js';
export { withRevocation } from './with-revocation.js';
