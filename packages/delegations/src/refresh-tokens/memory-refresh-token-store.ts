import { type Clock, UpstreamError } from '@mandate/ports';
import type { RefreshToken, RefreshTokenStore } from './refresh-token-store.js';

export interface MemoryRefreshTokenStoreOptions {
  clock: Clock;
  /** Default 100,000. A full store refuses: it forgets no token that could still be used, or used again. */
  maxEntries?: number;
}

interface TokenTables {
  byDigest: Map<string, RefreshToken>;
  /** The one token of each delegation that is good; `undefined` after one was used twice. */
  current: Map<string, string | undefined>;
}

/** Refresh tokens in this process, for one process alone: they are gone with it. */
export function createMemoryRefreshTokenStore(options: MemoryRefreshTokenStoreOptions): RefreshTokenStore {
  const { clock, maxEntries = 100_000 } = options;
  const tokens: TokenTables = { byDigest: new Map(), current: new Map() };
  const { byDigest, current } = tokens;
  const live = (digest: string, clientId: string): RefreshToken | undefined => {
    const token = byDigest.get(digest);
    if (token?.clientId !== clientId || token.expiresAt <= clock()) return undefined;
    return current.has(token.grantId) ? token : undefined;
  };
  const keep = (token: RefreshToken): void => {
    if (byDigest.size >= maxEntries) dropExpired(tokens, clock());
    if (byDigest.size >= maxEntries) {
      throw new UpstreamError('refresh tokens', 'overloaded', 'the store in memory is full');
    }
    byDigest.set(token.digest, token);
    current.set(token.grantId, token.digest);
  };

  return {
    issue: (token) => promiseOf(() => keep(token)),
    find: (digest, clientId) =>
      promiseOf(() => {
        const token = live(digest, clientId);
        return token !== undefined && current.get(token.grantId) === digest ? token : undefined;
      }),
    rotate: (digest, clientId, next) =>
      promiseOf(() => {
        const token = live(digest, clientId);
        if (token === undefined) return { kind: 'unknown' };
        if (current.get(token.grantId) !== digest) {
          current.set(token.grantId, undefined);
          return { kind: 'reused', grantId: token.grantId };
        }
        const successor = { ...token, ...next };
        keep(successor);
        return { kind: 'rotated', token: successor };
      }),
    takeBack: (grantId, { from, to }) =>
      promiseOf(() => {
        if (current.get(grantId) !== from) return;
        byDigest.delete(from);
        current.set(grantId, to);
      }),
    end: (grantId) => promiseOf(() => void current.delete(grantId)),
  };
}

function dropExpired({ byDigest, current }: TokenTables, now: number): void {
  for (const { digest, grantId, expiresAt } of byDigest.values()) {
    if (expiresAt > now) continue;
    byDigest.delete(digest);
    if (current.get(grantId) === digest) current.delete(grantId);
  }
}

/** What the work returns, or throws, as a promise. */
function promiseOf<T>(work: () => T): Promise<T> {
  return new Promise((resolve) => resolve(work()));
}
