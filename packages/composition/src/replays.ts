import { type ReplayStore, createMemoryReplayStore, createRedisReplayStore, withMarksCounted } from '@mandate/clients';
import type { RedisClient } from '@mandate/ports';
import type { Runtime } from '@mandate/service-kit';

/** Where used assertions are kept: in Redis where there is one, else in the memory of this process. */
export function composeReplayStore(
  { clock, metrics }: Pick<Runtime, 'clock' | 'metrics'>,
  redis: RedisClient | undefined,
): ReplayStore {
  const store = redis === undefined ? createMemoryReplayStore({ clock }) : createRedisReplayStore({ redis, clock });
  return withMarksCounted(store, metrics);
}
