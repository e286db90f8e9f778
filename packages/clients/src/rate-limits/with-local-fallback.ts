import { type Clock, type Metrics, UpstreamError, type UpstreamFailure, isRecent } from '@mandate/ports';
import type { RateLimiter } from './rate-limiter.js';

export interface LocalFallbackOptions {
  /** Decides while the other cannot be asked. */
  local: RateLimiter;
  clock: Clock;
  /** Told of every decision made locally, with what had failed. */
  onFallback: (failure: UpstreamFailure) => void;
}

/** `onFallback` as a counter, `rate_limit_fallbacks_total`. */
export function countFallbacks(metrics: Metrics): LocalFallbackOptions['onFallback'] {
  const decisions = metrics.counter({
    name: 'rate_limit_fallbacks_total',
    help: 'Decisions of rate limits made by this process alone, by what Redis failed with',
    labels: { failure: ['unreachable', 'timeout', 'refused', 'malformed'] },
  });
  return (failure) => decisions.increment({ failure });
}

/** How long a limiter that failed is left alone, so that a slow one delays one request and not all. */
const PAUSE_SECONDS = 1;

/** A limiter that never fails: without its store the limits hold for each process alone (docs/security.md S1). */
export function withLocalFallback(sharedLimiter: RateLimiter, options: LocalFallbackOptions): RateLimiter {
  const { local, clock, onFallback } = options;
  let lastFailure: { failure: UpstreamFailure; at: number } | undefined;
  return {
    async consume(consumption) {
      if (lastFailure === undefined || !isRecent(lastFailure.at, { now: clock(), seconds: PAUSE_SECONDS })) {
        try {
          const wait = await sharedLimiter.consume(consumption);
          lastFailure = undefined;
          return wait;
        } catch (error) {
          if (!(error instanceof UpstreamError)) throw error;
          lastFailure = { failure: error.failure, at: clock() };
        }
      }
      onFallback(lastFailure.failure);
      return local.consume(consumption);
    },
  };
}
