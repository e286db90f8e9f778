import { hash, type KeyObject } from 'node:crypto';
import type { CompactJws } from '../jws/compact-jws.js';

/** A token as it was read, and the key that verified it. */
export interface ReadToken {
  jws: CompactJws;
  key: KeyObject;
}

/** Tokens whose signature was verified, for as long as there is room. */
export interface VerifiedTokens {
  find(token: string): KnownToken;
}

/** What is known of a token, and where to keep what is found out. */
export interface KnownToken {
  read: ReadToken | undefined;
  keep(read: ReadToken): void;
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
  function remove(digest: string): void {
    bytes -= entries.get(digest)?.bytes ?? 0;
    entries.delete(digest);
  }
  function put(digest: string, entry: ReadToken & { bytes: number }): void {
    entries.set(digest, entry);
    bytes += entry.bytes;
  }
  function makeRoom(): void {
    for (const digest of entries.keys()) {
      if (bytes <= maxBytes) return;
      remove(digest);
    }
  }
  return {
    find(token) {
      const digest = hash('sha256', token, 'base64url');
      const read = entries.get(digest);
      if (read !== undefined) {
        remove(digest);
        put(digest, read);
      }
      return {
        read,
        keep({ jws, key }) {
          remove(digest);
          put(digest, { jws: freeze(jws), key, bytes: token.length * BYTES_PER_CHARACTER + BYTES_PER_ENTRY });
          makeRoom();
        },
      };
    },
  };
}

/** Whoever is given it later gets what was signed, whatever somebody before did with it. */
function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(freeze);
  }
  return value;
}
