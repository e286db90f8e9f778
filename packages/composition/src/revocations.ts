import type { RedisClient } from '@mandate/ports';
import type { Runtime } from '@mandate/service-kit';
import {
  type RevocationStore,
  createMemoryRevocationStore,
  createRedisRevocationStore,
  withChecksCounted,
} from '@mandate/token';

/** Where revocations are kept: in Redis where there is one, else in the memory of this process. */
export function composeRevocationStore(
  { clock, metrics }: Pick<Runtime, 'clock' | 'metrics'>,
  redis: RedisClient | undefined,
): RevocationStore {
  const store =
    redis === undefined ? createMemoryRevocationStore({ clock }) : createRedisRevocationStore({ redis, clock });
  return withChecksCounted(store, metrics);
}
