import { randomBytes } from 'node:crypto';
import type { SecretHashing } from './secret-hashing.js';

const STORED = /^\$argon2id\$v=19\$m=(\d{1,6}),t=(\d{1,2}),p=(\d)\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{22,86}$/;
/** OWASP's smallest of equal strength: 19 MiB, two passes. */
const USUAL = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
/** A stored value is data, and must not be able to take the process down. */
const MOST = { kibibytes: 131_072, passes: 10, lanes: 8 };

/** Scheme `argon2id` (RFC 9106): the usual `$argon2id$v=19$m=..,t=..,p=..$salt$hash`. The driver loads at first use. */
export function createArgon2idSecrets(): SecretHashing {
  return {
    scheme: 'argon2id',
    slow: true,
    dummy: `$argon2id$v=19$m=${USUAL.memoryCost},t=${USUAL.timeCost},p=${USUAL.parallelism}$${base64(16)}$${base64(32)}`,
    isWellFormed,
    async matches(stored, secret) {
      const { verify } = await import('@node-rs/argon2');
      return verify(stored, secret);
    },
    async hash(secret) {
      const { hash } = await import('@node-rs/argon2');
      return hash(secret, USUAL);
    },
  };
}

function isWellFormed(stored: string): boolean {
  const [, m, t, p] = (STORED.exec(stored) ?? []).map(Number);
  if (m === undefined || t === undefined || p === undefined) return false;
  const bounded = m <= MOST.kibibytes && t <= MOST.passes && p <= MOST.lanes;
  return bounded && p >= 1 && t >= 1 && m >= 8 * p;
}

function base64(bytes: number): string {
  return randomBytes(bytes).toString('base64').replaceAll('=', '');
}
