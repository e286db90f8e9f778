import { createHmac, randomBytes } from 'node:crypto';
import { equalSecrets } from './equal-secrets.js';
import type { SecretHashing } from './secret-hashing.js';

const STORED = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;
const MIN_KEY_BYTES = 32;

/**
 * Scheme `hmac-sha256`: base64url of HMAC-SHA-256(key, secret). For generated secrets of 256 bits, where it costs
 * microseconds; the key is kept apart from the client records.
 * @throws TypeError for a key under 32 bytes.
 */
export function createHmacSecrets(key: string): SecretHashing {
  if (Buffer.byteLength(key) < MIN_KEY_BYTES) throw new TypeError('The HMAC key for client secrets is under 32 bytes');
  const hash = (secret: string): string => createHmac('sha256', key).update(secret).digest('base64url');
  return {
    scheme: 'hmac-sha256',
    slow: false,
    dummy: randomBytes(32).toString('base64url'),
    isWellFormed: (value) => STORED.test(value),
    matches: (value, secret) => Promise.resolve(equalSecrets(value, hash(secret))),
    hash: (secret) => Promise.resolve(hash(secret)),
  };
}
