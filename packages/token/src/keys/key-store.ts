import type { KeyObject } from 'node:crypto';
import type { JWK } from 'jose';
import type { VerificationKey } from '../issuers/issuer-keys.js';

/** The key that signs. */
export interface SigningKey {
  kid: string;
  alg: string;
  key: KeyObject;
}

/** One signing key and what verifies it and its neighbours; an HMAC key is never published. */
export interface SigningKeySet {
  signingKey: SigningKey;
  publicJwks: { keys: JWK[] };
  verificationKeys: readonly VerificationKey[];
}

/** Port: our own keys. */
export interface KeyStore {
  signingKey(): Promise<SigningKey>;
  /** Public members only. */
  publicJwks(): Promise<{ keys: JWK[] }>;
  /** Every key our tokens may be signed with, HMAC secrets included: for verifying within the process only. */
  verificationKeys(): Promise<readonly VerificationKey[]>;
}

/** A key store over a parsed key set; `current` may answer another set after a reload. */
export function createKeyStore({ current }: { current: () => SigningKeySet }): KeyStore {
  return {
    signingKey: () => Promise.resolve(current().signingKey),
    publicJwks: () => Promise.resolve(current().publicJwks),
    verificationKeys: () => Promise.resolve(current().verificationKeys),
  };
}
