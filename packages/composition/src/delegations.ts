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

/** What is kept of people's agreements: the requests that wait for them, what came of those, and its refresh tokens. */
export interface DelegationState {
  backchannelRequests: BackchannelRequestStore;
  delegations: DelegationStore;
  refreshTokens: RefreshTokenStore;
}

/** Where it is kept: in Redis where there is one, else in the memory of this process. */
export function composeDelegationState(
  { clock }: Pick<Runtime, 'clock'>,
  redis: RedisClient | undefined,
): DelegationState {
  if (redis === undefined) {
    return {
      backchannelRequests: createMemoryBackchannelRequestStore({ clock }),
      delegations: createMemoryDelegationStore({ clock }),
      refreshTokens: createMemoryRefreshTokenStore({ clock }),
    };
  }
  return {
    backchannelRequests: createRedisBackchannelRequestStore({ redis, clock }),
    delegations: createRedisDelegationStore({ redis, clock }),
    refreshTokens: createRedisRefreshTokenStore({ redis, clock }),
  };
}
