import { type Clock, UpstreamError, isRecent, withDeadline } from '@mandate/ports';
import { type KeySelector, type VerificationKey, selectKeys } from '../issuers/issuer-keys.js';

/** How long a set is used without asking again: a removed key is dead after that (K2). */
const MAX_AGE_SECONDS = 300;
/** Least time between the starts of two fetches. */
const COOLDOWN_SECONDS = 30;
/** The same while there are no keys at all, so that an issuer that is back is trusted again at once. */
const COLD_RETRY_SECONDS = 1;
/** How long an old set serves while the issuer is down. */
const MAX_STALE_SECONDS = 86_400;

export interface KeySetCacheOptions {
  /** Fetches the whole set; rejects with {@link UpstreamError}. */
  fetch: () => Promise<VerificationKey[]>;
  clock: Clock;
}

/** The keys of an issuer elsewhere, fetched when needed and no oftener than allowed. */
export interface KeySetCache {
  candidates(header: KeySelector): Promise<VerificationKey[]>;
  /**
   * Why the keys cannot be fetched, if they cannot. Tries to where there are none or the last fetch failed, and answers
   * after `withinMs` in any case: a fetch that is not done by then goes on, and counts as `timeout`.
   */
  check(withinMs: number): Promise<UpstreamError | undefined>;
}

interface KeySet {
  keys: VerificationKey[];
  attempt: number;
  at: number;
}

/**
 * Caches a key set: one fetch for any number of waiting requests, a cooldown that is claimed before the fetch and
 * holds whatever comes of it (docs/security.md K1), stale keys while the issuer is down (K3), newest fetch wins (JW-13).
 */
export function createKeySetCache(options: KeySetCacheOptions): KeySetCache {
  const { clock } = options;
  let stored: KeySet | undefined;
  let failure: UpstreamError | undefined;
  const fetchOnce = createSingleFlight(clock, async (attempt) => {
    const result = await fetchKeySet(options, attempt);
    if (stored !== undefined && stored.attempt > attempt) return;
    if (result instanceof UpstreamError) failure = result;
    else [stored, failure] = [result, undefined];
  });
  const refresh = (): Promise<void> => fetchOnce(stored === undefined ? COLD_RETRY_SECONDS : COOLDOWN_SECONDS);

  function age(): number {
    if (stored === undefined) return Infinity;
    // Ahead of a clock that was set back: how old it is nobody knows, and it ages from now on.
    stored.at = Math.min(stored.at, clock());
    return clock() - stored.at;
  }

  function usableKeys(): VerificationKey[] {
    if (stored !== undefined && age() <= MAX_STALE_SECONDS) return stored.keys;
    throw failure ?? new UpstreamError('issuer_keys', 'unreachable');
  }

  return {
    async candidates(header) {
      if (age() >= MAX_AGE_SECONDS) {
        const refreshed = refresh();
        // Nobody waits again for an issuer that is known to be away, for as long as its keys serve without it.
        if (failure === undefined || age() > MAX_STALE_SECONDS) await refreshed;
        else refreshed.catch(() => undefined);
      }
      const keys = usableKeys();
      const found = selectKeys(keys, header);
      if (found.length > 0 || keys.some(({ kid }) => kid !== undefined && kid === header.kid)) return found;
      await refresh();
      const refreshed = selectKeys(usableKeys(), header);
      // Not knowing a key while the issuer is down says nothing about the token.
      if (refreshed.length === 0 && failure !== undefined) throw failure;
      return refreshed;
    },
    async check(withinMs) {
      if (stored === undefined || failure !== undefined) await withDeadline(refresh(), withinMs, () => undefined);
      return failure ?? (stored === undefined ? new UpstreamError('issuer_keys', 'timeout') : undefined);
    },
  };
}

async function fetchKeySet({ fetch, clock }: KeySetCacheOptions, attempt: number): Promise<KeySet | UpstreamError> {
  try {
    return { keys: await fetch(), attempt, at: clock() };
  } catch (error) {
    if (error instanceof UpstreamError) return error;
    throw error;
  }
}

/** Starts the next numbered attempt when the last began long enough ago, and waits for the newest one either way. */
function createSingleFlight(
  clock: Clock,
  start: (attempt: number) => Promise<void>,
): (cooldownSeconds: number) => Promise<void> {
  let latest = { attempt: 0, startedAt: -Infinity, done: Promise.resolve() };
  return async (cooldownSeconds) => {
    const now = clock();
    if (!isRecent(latest.startedAt, { now, seconds: cooldownSeconds })) {
      const attempt = latest.attempt + 1;
      latest = { attempt, startedAt: now, done: start(attempt) };
    }
    await latest.done;
  };
}
