import { hash, type KeyObject } from 'node:crypto';
import type { TrustedIssuer } from '../issuers/issuer-keys.js';
import type { TokenTimes } from './read-claims.js';
import type { VerifiedToken } from './verified-token.js';

/** A token that was accepted, by which key and on which terms of its issuer. */
export interface AcceptedToken {
  token: VerifiedToken;
  times: TokenTimes;
  key: KeyObject;
  issuer: TrustedIssuer;
}

/** Tokens that were accepted more than once, for as long as there is room. */
export interface VerifiedTokens {
  find(token: string): KnownToken;
}

/** What is known of a token, and where to keep what is found out: at once of a token that was seen before, else not yet. */
export interface KnownToken {
  accepted: AcceptedToken | undefined;
  keep(accepted: AcceptedToken): void;
}

/** What an entry takes for each character of its token, claims and what follows from them included, and besides (measured). */
const BYTES_PER_CHARACTER = 7;
const BYTES_PER_ENTRY = 600;
/** How many tokens are remembered as seen, each in the four bytes that its digest points to. */
const SEEN_TOKENS = 65_536;

/**
 * Keeps what reading and verifying a token came to, by the SHA-256 of the token: never the token itself, and nothing of
 * a refusal. What is kept follows from token, key and terms alone, so nothing can make it wrong; whether key and terms
 * are still its issuer's, and its times, are judged anew each time. The least recently used give way, and only to a token
 * that comes again (the doorkeeper of TinyLFU): those that come once are most, and would drive out the others.
 */
export function createVerifiedTokens({ maxBytes }: { maxBytes: number }): VerifiedTokens {
  const entries = new Map<string, Entry>();
  const seen = new Int32Array(SEEN_TOKENS);
  let bytes = 0;
  function remove(digest: string): void {
    bytes -= entries.get(digest)?.bytes ?? 0;
    entries.delete(digest);
  }
  function put(digest: string, entry: Entry): void {
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
      const digest = hash('sha256', token, 'binary');
      const found = entries.get(digest);
      if (found !== undefined) {
        remove(digest);
        put(digest, found);
      }
      return {
        accepted: found?.accepted,
        keep(accepted) {
          if (found === undefined && isFirst(digest, seen)) return;
          remove(digest);
          freeze(accepted.token);
          put(digest, { accepted, bytes: token.length * BYTES_PER_CHARACTER + BYTES_PER_ENTRY });
          makeRoom();
        },
      };
    },
  };
}

interface Entry {
  accepted: AcceptedToken;
  bytes: number;
}

/** Whether a token was not seen lately; it is from now on. A mistake in either direction costs a verification or room. */
function isFirst(digest: string, seen: Int32Array): boolean {
  const byte = (at: number): number => digest.charCodeAt(at);
  const place = byte(0) | (byte(1) << 8);
  const mark = byte(2) | (byte(3) << 8) | (byte(4) << 16) | (byte(5) << 24);
  const isNew = seen[place] !== mark;
  seen[place] = mark;
  return isNew;
}

/** Whoever is given it later gets what was signed, whatever somebody before did with it. */
function freeze(value: object): void {
  Object.freeze(value);
  for (const member of Object.values(value) as unknown[]) {
    if (typeof member === 'object' && member !== null && !Object.isFrozen(member)) freeze(member);
  }
}
