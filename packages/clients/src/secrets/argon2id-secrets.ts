import { randomBytes } from 'node:crypto';
import type { SecretHashing } from './secret-hashing.js';

const STORED = /^\$argon2id\$v=19\$m=(\d{1,6}),t=(\d{1,2}),p=(\d)\$([A-Za-z0-9+/]{11,64})\$([A-Za-z0-9+/]{22,86})$/;
/** OWASP's smallest of equal strength: 19 MiB, two passes. */
const USUAL = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
/** A stored value is data, and must not be able to take the process down. */
const MOST = { kibibytes: 131_072, passes: 10, lanes: 8 };

/** Scheme `argon2id` (RFC 9106): the usual `$argon2id$v=19$m=..,t=..,p=..$salt$hash`. The driver loads at first use. */
export function createArgon2idSecrets(): SecretHashing {
  return {
    scheme: 'argon2id',
    slow: true,
    dummy: `$argon2id$v=19$m=${USUAL.memoryCost},t=${USUAL.timeCost},p=${USUAL.parallelism}$${withoutPadding(randomBytes(16))}$${withoutPadding(randomBytes(32))}`,
    isWellFormed,
    async matches(value, secret) {
      const { verify } = await import('@node-rs/argon2');
      return verify(value, secret);
    },
    async hash(secret) {
      const { hash } = await import('@node-rs/argon2');
      return hash(secret, USUAL);
    },
  };
}

function isWellFormed(value: string): boolean {
  const [, m, t, p, salt, hash] = STORED.exec(value) ?? [];
  const cost = { kibibytes: Number(m), passes: Number(t), lanes: Number(p) };
  const isBounded = cost.kibibytes <= MOST.kibibytes && cost.passes <= MOST.passes && cost.lanes <= MOST.lanes;
  const least = cost.lanes >= 1 && cost.passes >= 1 && cost.kibibytes >= 8 * cost.lanes;
  // the driver throws for base64 with stray bits at the end
  return isBounded && least && isCanonical(salt) && isCanonical(hash);
}

function isCanonical(text: string | undefined): boolean {
  return text !== undefined && withoutPadding(Buffer.from(text, 'base64')) === text;
}

function withoutPadding(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('=', '');
}
