import { type Metrics, UpstreamError } from '@mandate/ports';
import type { ReplayStore } from './replay-store.js';

/** Counts the assertions that were marked, by what the store says (`client_assertions_total`). */
export function withMarksCounted(store: ReplayStore, metrics: Metrics): ReplayStore {
  const marks = metrics.counter({
    name: 'client_assertions_total',
    help: 'Verified client assertions, by what the replay store says; unanswered: it may be used up and was answered 503',
    labels: { outcome: ['first', 'replayed', 'unanswered', 'failed'] },
  });
  return {
    isUsed: (key) => store.isUsed(key),
    async markUsed(key, expiresAt) {
      let outcome = 'failed';
      try {
        const first = await store.markUsed(key, expiresAt);
        outcome = first ? 'first' : 'replayed';
        return first;
      } catch (error) {
        if (error instanceof UpstreamError && error.failure === 'timeout') outcome = 'unanswered';
        throw error;
      } finally {
        marks.increment({ outcome });
      }
    },
  };
}
