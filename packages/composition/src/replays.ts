import { type ReplayStore, createMemoryReplayStore, createRedisReplayStore } from '@mandate/clients';
import { type RedisClient, UpstreamError } from '@mandate/ports';
import type { Runtime } from '@mandate/service-kit';

/** Where used assertions are kept: in Redis where there is one, else in the memory of this process. */
export function composeReplayStore(
  { clock, metrics }: Pick<Runtime, 'clock' | 'metrics'>,
  redis: RedisClient | undefined,
): ReplayStore {
  const store = redis === undefined ? createMemoryReplayStore({ clock }) : createRedisReplayStore({ redis, clock });
  const marks = metrics.counter({
    name: 'client_assertions_total',
    help: 'Verified client assertions, by what the replay store says; unanswered: it may be used up and was answered 503',
    labels: { outcome: ['first', 'replayed', 'unanswered', 'failed'] },
  });
  return {
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
