export {
  type IssuerKeys,
  type KeySelector,
  type TrustedIssuer,
  type VerificationKey,
  combineIssuerKeys,
} from './issuer-keys.js';
export { type KeyStore, type SigningKey, type SigningKeySet, createKeyStore } from './key-store.js';
export {
  type Introspection,
  type TokenIntrospector,
  type TokenTypeHint,
  parseTokenTypeHint,
} from './token-introspector.js';
export { type TokenSigner, createTokenSigner } from './token-signer.js';
export type { TrustedIssuerRecord } from './trusted-issuer-record.js';
export type {
  IssuerTrust,
  TokenKind,
  TokenRefusal,
  TokenVerifier,
  VerifiedToken,
  VerifyResult,
} from './verified-token.js';
