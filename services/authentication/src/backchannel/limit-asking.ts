import type { RateLimit, RateLimiter } from '@mandate/clients';
import { askedTooOften } from '@mandate/delegations';

/**
 * Counts a request of a client, whomever it asks: one that is stolen, or gone mad, does not ask everybody
 * (docs/security.md P2).
 * @throws OAuthError `slow_down` (429) with `Retry-After` when it is too often.
 */
export type LimitAsking = (clientId: string) => Promise<void>;

export interface LimitAskingOptions {
  /** `undefined`: nothing is limited. */
  limiter: RateLimiter | undefined;
  rate: RateLimit;
}

export function createLimitAsking({ limiter, rate }: LimitAskingOptions): LimitAsking {
  return async (clientId) => {
    const wait = (await limiter?.consume({ bucket: ['ask-client', clientId], limit: rate, tokens: 1 })) ?? 0;
    if (wait > 0) throw askedTooOften(wait, 'client');
  };
}
