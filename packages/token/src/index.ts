export { ASYMMETRIC_ALGORITHMS } from './jws/algorithms.js';
export { type CompactJws, parseCompactJws } from './jws/compact-jws.js';
export { openidIssuerRecord, staticIssuerRecord } from './issuers/configured-issuers.js';
export { introspectedJwt, introspectedToken } from './tokens/introspected-token.js';
export { loadOrGenerateKeys } from './keys/generated-keys.js';
export {
  type IssuerKeys,
  type IssuerProblem,
  type KeySelector,
  type TrustedIssuer,
  type VerificationKey,
  combineIssuerKeys,
  selectKeys,
  withClientIssuer,
  withOwnIssuer,
} from './issuers/issuer-keys.js';
export { firstActive } from './introspection/first-active.js';
export { checkIntrospectionAnswer } from './introspection/introspection-answer.js';
export { createJwtIntrospector } from './introspection/jwt-introspector.js';
export { type KeySetCache, createKeySetCache } from './keys/key-set-cache.js';
export { type KeyStore, createKeyStore } from './keys/key-store.js';
export { createMemoryRevocationStore } from './revocation/memory-revocation-store.js';
export { fetchKeySet } from './keys/remote-keys.js';
export { parseTrustedIssuers, trustedIssuersFileSchema } from './issuers/parse-trusted-issuers.js';
export { createRedisRevocationStore } from './revocation/redis-revocation-store.js';
export { ancestorsOf, grantIdOf } from './revocation/lineage.js';
export { isGrantRevoked, isLastingGrantRevoked, isRevoked } from './revocation/revocation-question.js';
export { type ClientIdentity, clientIdentityOf, clientIssuerClaim } from './tokens/client-identity.js';
export { subjectIdClaim, subjectIdentityOf } from './tokens/subject-identity.js';
export type { Revocation, RevocationQuestion, RevocationStore } from './revocation/revocation-store.js';
export { parseSigningJwkBase64, parseSigningJwks } from './keys/signing-keys.js';
export {
  type Introspection,
  type TokenIntrospector,
  type TokenTypeHint,
  parseTokenTypeHint,
} from './introspection/token-introspector.js';
export { type RegisteredClaims, readRegisteredClaims } from './tokens/read-claims.js';
export { isPlainType, tokenKind, withoutIdTokenMarks } from './tokens/token-kind.js';
export { jwsIdentifier, tokenIdentifier } from './tokens/token-identifier.js';
export {
  type TokenSigner,
  createTokenSigner,
  createTrialSigner,
  issuingError,
  refusalOfClaims,
} from './tokens/token-signer.js';
export { createTokenVerifier } from './tokens/token-verifier.js';
export { createVerifiedTokens } from './tokens/verified-tokens.js';
export type { TrustedIssuerRecord } from './issuers/trusted-issuer-record.js';
export {
  type KeyRefresh,
  createIssuerKeys,
  createOpenidIssuerKeys,
  createStaticIssuerKeys,
  ownIssuerKeys,
} from './issuers/trusted-issuers.js';
export { KEY_SET_REFUSALS, type RefusedKey, readVerificationKeys } from './keys/verification-keys.js';
export {
  type IssuerTrust,
  NO_TRUST,
  type TokenKind,
  type TokenRefusal,
  type TokenVerifier,
  type VerifiedToken,
  type VerifyResult,
} from './tokens/verified-token.js';
export { verifySignature } from './jws/verify-signature.js';
export { withChecksCounted } from './revocation/with-checks-counted.js';
export { withRevocation } from './revocation/with-revocation.js';
