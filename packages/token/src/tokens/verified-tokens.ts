import { createHash, type KeyObject } from 'node:crypto';
import type { CompactJws } from '../jws/compact-jws.js';

/** A token as it was read, and the key that verified it. */
export interface ReadToken {
  jws: CompactJws;
  key: KeyObject;
}

/** Tokens whose signature was verified, for as long as there is room. */
export interface VerifiedTokens {
  find(token: string): ReadToken | undefined;
  keep(token: string, read: ReadToken): void;
}

/** What an entry takes for each character of its token, read claims included, and besides. */
const BYTES_PER_CHARACTER = 4;
const BYTES_PER_ENTRY = 600;

/**
 * Keeps what reading and verifying a token came to, by the SHA-256 of the token: never the token itself, and nothing of
 * a refusal. What is kept follows from token and key alone, so nothing can make it wrong; whether that key is still one
 * of the issuer's, and all else of a verdict, is judged anew each time. The least recently used give way.
 */
export function createVerifiedTokens({ maxBytes }: { maxBytes: number }): VerifiedTokens {
  const entries = new Map<string, ReadToken & { bytes: number }>();
  let bytes = 0;
  function makeRoom(): void {
    for (const [digest, entry] of entries) {
      if (bytes <= maxBytes) return;
      entries.delete(digest);
      bytes -= entry.bytes;
    }
  }
  return {
    find(token) {
      const digest = digestOf(token);
      const entry = entries.get(digest);
      if (entry === undefined) return undefined;
      entries.delete(digest);
      entries.set(digest, entry);
      return entry;
    },
    keep(token, { jws, key }) {
      const digest = digestOf(token);
      bytes -= entries.get(digest)?.bytes ?? 0;
      entries.delete(digest);
      const entry = { jws: freeze(jws), key, bytes: token.length * BYTES_PER_CHARACTER + BYTES_PER_ENTRY };
      entries.set(digest, entry);
      bytes += entry.bytes;
      makeRoom();
    },
  };
}

function digestOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}

/** Whoever is given it later gets what was signed, whatever somebody before did with it. */
function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(freeze);
  }
  return value;
}
