import { type Clock, UpstreamError } from '@mandate/ports';
import { PAGE_SIZE, delegationNames, queryName } from './delegation-names.js';
import type { Delegation, DelegationStore, SpendOutcome } from './delegation-store.js';
import { usesLeft } from './uses-left.js';

export interface MemoryDelegationStoreOptions {
  clock: Clock;
  /** Default 100,000. A full store refuses to record: it forgets no delegation that still lasts. */
  maxEntries?: number;
}

interface Entry {
  delegation: Delegation;
  /** Under which it is found. */
  names: ReadonlySet<string>;
}

/**
 * Delegations in this process, for one process alone: they are gone with it.
 *
 * @example
 * const delegations = createMemoryDelegationStore({ clock });
 * await delegations.record(delegation);
 * const outcome = await delegations.spend(delegation.id);
 */
export function createMemoryDelegationStore(options: MemoryDelegationStoreOptions): DelegationStore {
  const { clock, maxEntries = 100_000 } = options;
  const entries = new Map<string, Entry>();
  const live = (id: string): Delegation | undefined => {
    const delegation = entries.get(id)?.delegation;
    return delegation !== undefined && delegation.until > clock() ? delegation : undefined;
  };

  return {
    record(delegation) {
      const now = clock();
      const entry = live(delegation.id);
      if (entry !== undefined) {
        entry.until = Math.max(entry.until, delegation.until);
        return Promise.resolve(entry.ended === undefined ? 'recorded' : 'ended');
      }
      if (entries.size >= maxEntries) dropOver(entries, now);
      if (entries.size >= maxEntries) {
        return Promise.reject(new UpstreamError('delegations', 'overloaded', 'the store in memory is full'));
      }
      entries.set(delegation.id, { delegation: { ...delegation }, names: new Set(delegationNames(delegation)) });
      return Promise.resolve('recorded');
    },
    find(id) {
      const delegation = live(id);
      return Promise.resolve(delegation && { ...delegation });
    },
    list(query, { cursor, limit = PAGE_SIZE } = {}) {
      const name = queryName(query);
      const now = clock();
      const matches = [...entries.values()]
        .filter(({ delegation, names }) => delegation.until > now && names.has(name))
        .map(({ delegation }) => delegation)
        .sort((a, b) => b.until - a.until || (a.id < b.id ? 1 : -1));
      const last = cursor === undefined ? -1 : matches.findIndex(({ id }) => id === cursor);
      if (cursor !== undefined && last === -1) return Promise.resolve({ delegations: [] });
      const first = last + 1;
      const delegations = matches.slice(first, first + limit).map((delegation) => ({ ...delegation }));
      const next = matches.length > first + limit ? delegations.at(-1)?.id : undefined;
      return Promise.resolve(next === undefined ? { delegations } : { delegations, cursor: next });
    },
    spend: (id) => Promise.resolve(spend(live(id))),
    end(id) {
      const delegation = live(id);
      if (delegation !== undefined) delegation.ended ??= clock();
      return Promise.resolve();
    },
  };
}

function dropOver(entries: Map<string, Entry>, now: number): void {
  for (const [id, { delegation }] of entries) if (delegation.until <= now) entries.delete(id);
}

function spend(delegation: Delegation | undefined): SpendOutcome {
  const outcome = usesLeft(delegation);
  if (outcome === 'spent' && delegation !== undefined) delegation.used += 1;
  return outcome;
}
