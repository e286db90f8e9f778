/** A token bucket: it holds `count` tokens when it is full, and an empty one is full again after `seconds`. */
export interface RateLimit {
  count: number;
  seconds: number;
}

export interface Consumption {
  /** What the bucket counts, for instance `['client', clientId]`. Any text. */
  bucket: readonly string[];
  limit: RateLimit;
  /** How many tokens to take; 0 only asks; fewer give as many back, and a bucket never has more than it holds. */
  tokens: number;
  /** Take them even if the bucket has too few, and owes them then. For what has already happened. */
  owing?: boolean;
}

/** Port: token buckets, the same for every replica. */
export interface RateLimiter {
  /**
   * Takes tokens from a bucket that has at least one. Resolves with 0 when they were taken, else with the whole
   * seconds until the bucket has one. @throws UpstreamError when the bucket cannot be reached.
   */
  consume(consumption: Consumption): Promise<number>;
}
