import type { RateLimiter, ReplayStore, RequestLimits } from '@mandate/clients';
import type { Runtime } from '@mandate/service-kit';
import type { RevocationStore } from '@mandate/token';
import { type DelegationState, composeDelegationState } from './delegations.js';
import type { ComposedPart } from './part.js';
import { type RateLimitSettings, composeRateLimits, rateLimitConfig } from './rate-limits.js';
import { type RedisSettings, composeRedis, redisConfig } from './redis-state.js';
import { composeReplayStore } from './replays.js';
import { composeRevocationStore } from './revocations.js';

/** The variables of state that replicas share. */
export const stateConfig = { ...redisConfig, ...rateLimitConfig };

export type StateSettings = RedisSettings & RateLimitSettings;

/** State that replicas share through Redis, and the services of one process in any case. */
export interface SharedState extends DelegationState {
  revocations: RevocationStore;
  limits: RequestLimits;
  /** The buckets of the limits; `undefined`: nothing is limited. */
  limiter: RateLimiter | undefined;
  replays: ReplayStore;
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
  if (given !== undefined) return { ...given, parts: [], close: () => undefined };
  const redisState = await composeRedis(config, runtime);
  if (redisState === undefined && isOnlyProcess !== true) {
    const problem = 'without REDIS_URL a revocation counts in this process alone';
    runtime.logger.warn('state is kept for this process alone', { variable: 'REDIS_URL', problem });
  }
  return {
    revocations: composeRevocationStore(runtime, redisState?.redis),
    ...composeRateLimits(config, runtime, redisState?.redis),
    replays: composeReplayStore(runtime, redisState?.redis),
    ...composeDelegationState(runtime, redisState?.redis),
    place: redisState === undefined ? 'memory' : 'redis',
    parts: redisState?.parts ?? [],
    close: () => redisState?.close(),
  };
}
