import {
  type RateLimiter,
  type ReplayStore,
  type RequestLimits,
  createMemoryReplayStore,
  createRedisReplayStore,
  withMarksCounted,
} from '@mandate/clients';
import {
  type BackchannelRequestStore,
  type DelegationStore,
  type RefreshTokenStore,
  createMemoryBackchannelRequestStore,
  createMemoryDelegationStore,
  createMemoryRefreshTokenStore,
  createRedisBackchannelRequestStore,
  createRedisDelegationStore,
  createRedisRefreshTokenStore,
} from '@mandate/delegations';
import type { RedisClient } from '@mandate/ports';
import type { Runtime } from '@mandate/service-kit';
import {
  type RevocationStore,
  createMemoryRevocationStore,
  createRedisRevocationStore,
  withChecksCounted,
} from '@mandate/token';
import type { ComposedPart } from './part.js';
import { type RateLimitSettings, composeRateLimits, rateLimitConfig } from './rate-limits.js';
import { type RedisSettings, composeRedis, redisConfig } from './redis/compose-redis.js';

/** The variables of state that replicas share. */
export const stateConfig = { ...redisConfig, ...rateLimitConfig };

export type StateSettings = RedisSettings & RateLimitSettings;

interface StateStores {
  revocations: RevocationStore;
  /** Assertions that were used. */
  replays: ReplayStore;
  /** What waits for people's agreements, what came of those, and its refresh tokens. */
  backchannelRequests: BackchannelRequestStore;
  delegations: DelegationStore;
  refreshTokens: RefreshTokenStore;
}

/** State that replicas share through Redis, and the services of one process in any case. */
export interface SharedState extends StateStores {
  limits: RequestLimits;
  /** The buckets of the limits; `undefined`: nothing is limited. */
  limiter: RateLimiter | undefined;
  /** Where all of it is kept. */
  place: 'memory' | 'redis';
}

/**
 * The state as given by whoever composes several services, else kept in Redis over one connection, else in the memory of
 * this process, which is warned of unless that is all there is. @throws ConfigError naming what is missing or wrong.
 */
export async function composeSharedState(
  config: StateSettings,
  runtime: Runtime,
  { given, isOnlyProcess }: { given?: SharedState | undefined; isOnlyProcess?: boolean } = {},
): Promise<SharedState & ComposedPart> {
  if (given !== undefined) return { ...given, parts: [] };
  const redisState = await composeRedis(config, runtime);
  if (redisState === undefined && isOnlyProcess !== true) {
    const problem = 'without REDIS_URL a revocation counts in this process alone';
    runtime.logger.warn('state is kept for this process alone', { variable: 'REDIS_URL', problem });
  }
  const stores = createStores(runtime, redisState?.redis);
  return {
    ...stores,
    revocations: withChecksCounted(stores.revocations, runtime.metrics),
    replays: withMarksCounted(stores.replays, runtime.metrics),
    ...composeRateLimits(config, runtime, redisState?.redis),
    place: redisState === undefined ? 'memory' : 'redis',
    parts: redisState?.parts ?? [],
    close: () => redisState?.close(),
  };
}

function createStores({ clock }: Pick<Runtime, 'clock'>, redis: RedisClient | undefined): StateStores {
  if (redis === undefined) {
    return {
      revocations: createMemoryRevocationStore({ clock }),
      replays: createMemoryReplayStore({ clock }),
      backchannelRequests: createMemoryBackchannelRequestStore({ clock }),
      delegations: createMemoryDelegationStore({ clock }),
      refreshTokens: createMemoryRefreshTokenStore({ clock }),
    };
  }
  return {
    revocations: createRedisRevocationStore({ redis, clock }),
    replays: createRedisReplayStore({ redis, clock }),
    backchannelRequests: createRedisBackchannelRequestStore({ redis, clock }),
    delegations: createRedisDelegationStore({ redis, clock }),
    refreshTokens: createRedisRefreshTokenStore({ redis, clock }),
  };
}
