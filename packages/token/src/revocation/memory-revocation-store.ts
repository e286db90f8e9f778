import { type Clock, UpstreamError } from '@mandate/ports';
import { type RevocationEntry, isAnyEnded, revocationEntries } from './revocation-names.js';
import type { RevocationStore } from './revocation-store.js';

export interface MemoryRevocationStoreOptions {
  clock: Clock;
  /** Default 100,000. A full store refuses to revoke: it never forgets an entry that could still end a token. */
  maxEntries?: number;
}

type Kept = Omit<RevocationEntry, 'name'>;

/** Revocations in this process, for one process alone: they are gone with it. */
export function createMemoryRevocationStore(options: MemoryRevocationStoreOptions): RevocationStore {
  const { clock, maxEntries = 100_000 } = options;
  const kept = new Map<string, Kept>();
  const dropExpired = (now: number): void => {
    for (const [name, { expiresAt }] of kept) if (expiresAt <= now) kept.delete(name);
  };
  const liveEntry = (name: string, now: number): Kept | undefined => {
    const entry = kept.get(name);
    return entry !== undefined && entry.expiresAt > now ? entry : undefined;
  };

  return {
    revoke(revocations) {
      const now = clock();
      const entries = revocations.flatMap(revocationEntries).filter(({ expiresAt }) => expiresAt > now);
      if (kept.size + entries.length > maxEntries) dropExpired(now);
      if (kept.size + entries.length > maxEntries) {
        return Promise.reject(new UpstreamError('revocations', 'overloaded', 'the store in memory is full'));
      }
      for (const { name, before, expiresAt } of entries) {
        const known = liveEntry(name, now) ?? { before, expiresAt };
        kept.set(name, {
          before: Math.max(known.before, before),
          expiresAt: Math.max(known.expiresAt, expiresAt),
        });
      }
      return Promise.resolve();
    },
    isAnyRevoked(questions) {
      const now = clock();
      return Promise.resolve(isAnyEnded(questions, (name) => liveEntry(name, now)?.before));
    },
  };
}
