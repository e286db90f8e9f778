import type { Metrics } from '@mandate/ports';
import type { RevocationStore } from './revocation-store.js';

/** Counts the questions (`revocation_checks_total`) and times the answers. */
export function withChecksCounted(store: RevocationStore, metrics: Metrics): RevocationStore {
  const outcomes = ['clear', 'revoked', 'failed'];
  const checks = metrics.counter({
    name: 'revocation_checks_total',
    help: 'Questions to the revocation store, by outcome',
    labels: { outcome: outcomes },
  });
  const latency = metrics.histogram({
    name: 'revocation_check_duration_seconds',
    help: 'How long the revocation store takes to answer, by outcome',
    labels: { outcome: outcomes },
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5],
  });
  return {
    ...store,
    async isAnyRevoked(questions) {
      const start = performance.now();
      let outcome = 'failed';
      try {
        const revoked = await store.isAnyRevoked(questions);
        outcome = revoked ? 'revoked' : 'clear';
        return revoked;
      } finally {
        checks.increment({ outcome });
        latency.observe({ outcome }, (performance.now() - start) / 1000);
      }
    },
  };
}
