import type { Metrics, Runtime } from '@mandate/service-kit';
import { type RevocationStore, createMemoryRevocationStore, createRedisRevocationStore } from '@mandate/token';
import type { ComposedPart } from './part.js';
import { type StateSettings, composeRedis } from './shared-state.js';

/** State that several services of one process share; whoever makes it closes it. */
export interface SharedState {
  revocations?: RevocationStore;
}

export interface Revocations extends ComposedPart {
  revocations: RevocationStore;
}

/** Where revocations are kept: as given, else in Redis, else in the memory of this process. @throws ConfigError */
export async function composeRevocationStore(
  config: StateSettings,
  runtime: Runtime,
  { revocations: given }: SharedState = {},
): Promise<Revocations> {
  if (given !== undefined) return { revocations: given, parts: [], close: () => undefined };
  const { clock, metrics, logger } = runtime;
  const shared = await composeRedis(config, runtime);
  if (shared === undefined) logger.warn('revocations are kept in memory, for this process', { variable: 'REDIS_URL' });
  const store =
    shared === undefined ? createMemoryRevocationStore({ clock }) : createRedisRevocationStore({ ...shared, clock });
  return {
    revocations: withMetrics(store, metrics),
    parts: shared?.parts ?? [],
    close: () => shared?.close(),
  };
}

/** Counts and times the questions. */
function withMetrics(store: RevocationStore, metrics: Metrics): RevocationStore {
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
