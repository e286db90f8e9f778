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
import { type Runtime, choice } from '@mandate/service-kit';

/** The variable of what becomes a delegation (docs/people.md). */
export const delegationRecordsConfig = {
  DELEGATION_RECORDS: choice(['agreed', 'all'])
    .default('agreed')
    .describe(
      'What becomes a delegation that can be seen and ended: `agreed`, what a person agreed to; `all`, the exchange of a foreign token too, for one more round trip to Redis (docs/people.md)',
    ),
};

/** What is kept of people's agreements: the requests that wait for them, what came of those, and its refresh tokens. */
export interface DelegationState {
  backchannelRequests: BackchannelRequestStore;
  delegations: DelegationStore;
  refreshTokens: RefreshTokenStore;
}

/** The stores of people's agreements: in Redis where there is one, else in the memory of this process. */
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
