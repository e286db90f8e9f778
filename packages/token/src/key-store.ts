import type { KeyObject } from 'node:crypto';
import type { JWK } from 'jose';

/** The key that signs. */
export interface SigningKey {
  kid: string;
  alg: string;
  key: KeyObject;
}

/** One signing key and the public halves to publish; an HMAC key is never among them. */
export interface SigningKeySet {
  signingKey: SigningKey;
  publicJwks: { keys: JWK[] };
}

/** Port: our own keys. */
export interface KeyStore {
  signingKey(): Promise<SigningKey>;
  /** Public members only; the same object for as long as the keys are the same. */
  publicJwks(): Promise<{ keys: JWK[] }>;
  check?(): Promise<void>;
  close?(): void;
}

/** A key store over a parsed key set; `current` may answer another set after a reload. */
export function createKeyStore({ current }: { current: () => SigningKeySet }): KeyStore {
  return {
    signingKey: () => Promise.resolve(current().signingKey),
    publicJwks: () => Promise.resolve(current().publicJwks),
  };
}
