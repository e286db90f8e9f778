import { randomBytes } from 'node:crypto';
import { equalSecrets } from './equal-secrets.js';
import { isSecretLength, type SecretHashing } from './secret-hashing.js';

/** Scheme `none`: the secret itself is stored (IMS). */
export function createPlainSecrets(): SecretHashing {
  return {
    scheme: 'none',
    slow: false,
    dummy: randomBytes(32).toString('base64url'),
    isWellFormed: isSecretLength,
    matches: (stored, secret) => Promise.resolve(equalSecrets(stored, secret)),
    hash: (secret) => Promise.resolve(secret),
  };
}
