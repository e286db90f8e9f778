import { hash, randomBytes } from 'node:crypto';
import { equalDigests, equalSecrets } from './equal-secrets.js';
import { isSecretLength, LOADED_PLAIN, type SecretHashing } from './secret-hashing.js';

/** Scheme `none`: the secret itself is stored (IMS). */
export function createPlainSecrets(): SecretHashing {
  return {
    scheme: 'none',
    slow: false,
    dummy: digestPlainSecret(randomBytes(32).toString('base64url')),
    isWellFormed: isSecretLength,
    matches: (value, secret) => Promise.resolve(equalSecrets(value, secret)),
    hash: (secret) => Promise.resolve(secret),
  };
}

/** What a plain secret is kept as once it is loaded: it is hashed then, and not once per request. */
export function digestPlainSecret(secret: string): string {
  return `{${LOADED_PLAIN}}${digestOf(secret)}`;
}

/** Whether the secret is plain text where its record is kept. */
export function isLoadedPlain(value: string): boolean {
  return value.startsWith(`{${LOADED_PLAIN}}`);
}

const DIGEST = /^[A-Za-z0-9_-]{43}$/;

/** Plain secrets that are loaded: the digest of what is presented is compared. */
export function createLoadedPlainSecrets(): SecretHashing {
  return {
    scheme: LOADED_PLAIN,
    slow: false,
    dummy: digestOf(randomBytes(32).toString('base64url')),
    isWellFormed: (value) => DIGEST.test(value),
    matches: (value, secret) => Promise.resolve(equalDigests(value, digestOf(secret))),
    hash: (secret) => Promise.resolve(digestOf(secret)),
  };
}

function digestOf(secret: string): string {
  return hash('sha256', secret, 'base64url');
}
