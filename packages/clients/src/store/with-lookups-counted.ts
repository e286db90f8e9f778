import type { Metrics } from '@mandate/ports';
import type { ClientStore } from './client-store.js';

/** Counts and times the questions that a store is asked (`client_lookups_total`, `client_lookup_seconds`). */
export function withLookupsCounted(store: ClientStore, name: string, metrics: Metrics): ClientStore {
  const count = countLookups(name, metrics);
  const times = metrics.histogram({
    name: 'client_lookup_seconds',
    help: 'Time a client store took to answer, by store',
    labels: { store: [name] },
  });
  return {
    ...store,
    async findClient(clientId) {
      const startedAt = performance.now();
      let outcome: LookupOutcome = 'failed';
      try {
        const client = await store.findClient(clientId);
        outcome = client === undefined ? 'missing' : 'found';
        return client;
      } finally {
        count(outcome);
        times.observe({ store: name }, (performance.now() - startedAt) / 1000);
      }
    },
  };
}

const OUTCOMES = ['found', 'missing', 'failed', 'cached', 'stale'] as const;

/** How a question for a client was answered: by the store, or by what was remembered of it. */
export type LookupOutcome = (typeof OUTCOMES)[number];

/** The counter of {@link withLookupsCounted} for one store. */
export function countLookups(name: string, metrics: Metrics): (outcome: LookupOutcome) => void {
  const lookups = metrics.counter({
    name: 'client_lookups_total',
    help: 'Questions for a client, by store and how each was answered; cached, stale: without asking the store',
    labels: { store: [name], outcome: OUTCOMES },
  });
  return (outcome) => lookups.increment({ store: name, outcome });
}
