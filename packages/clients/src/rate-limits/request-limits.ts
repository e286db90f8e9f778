import { OAuthError } from '@mandate/oauth';
import type { Metrics } from '@mandate/ports';
import type { AuthenticationRequest } from '../authentication/authentication-method.js';
import { createGuessLimit } from './guess-limit.js';
import type { Consumption, RateLimit, RateLimiter } from './rate-limiter.js';

const LIMITS = ['client', 'address', 'failures'] as const;

/** The names of the limits that a request can go beyond. */
export type LimitName = (typeof LIMITS)[number];

/** Who presents a secret, for which client, and each secret that it may be read as. */
interface Guess {
  request: Pick<AuthenticationRequest, 'address'>;
  clientId: string;
  secrets: readonly string[];
}

/** Keeps authentications, and so requests, within the limits (docs/security.md C9). */
export interface RequestLimits {
  /**
   * Runs an authentication; `clientOf` names the client that it proved.
   * @throws OAuthError `temporarily_unavailable` with status 429 and `Retry-After` beyond a limit.
   */
  guard<T>(
    request: AuthenticationRequest,
    authenticate: () => Promise<T>,
    clientOf: (result: T) => readonly string[],
  ): Promise<T>;
  /**
   * Runs a check of the secret that a request presents. Wrong ones are limited, however many are tried at once; a right one
   * costs nothing. One secret presented many times at once is checked once first; its failure is that of all.
   * @throws OAuthError as above: nothing is checked beyond the limit.
   */
  guess(guess: Guess, check: () => Promise<boolean>): Promise<boolean>;
}

export interface RequestLimitsOptions {
  limiter: RateLimiter;
  /** Requests of a client, counted once it has authenticated: nobody else can use them up. */
  client: RateLimit;
  /** Requests from an address; a failed authentication counts as twenty. */
  address: RateLimit;
  /** Wrong secrets for one client id from one address. Beyond it the right one is not looked at either. */
  failures: RateLimit;
  onLimited: (limit: LimitName) => void;
  /** Milliseconds of a clock that only goes forward; default that of the process. */
  elapsedMs?: (() => number) | undefined;
}

/** `onLimited` as a counter, `rate_limited_requests_total`. */
export function countLimited(metrics: Metrics): RequestLimitsOptions['onLimited'] {
  const requests = metrics.counter({
    name: 'rate_limited_requests_total',
    help: 'Requests answered 429, by the limit that was met',
    labels: { limit: LIMITS },
  });
  return (limit) => requests.increment({ limit });
}

/** No limits at all. */
export function unlimited(): RequestLimits {
  return { guard: (_request, authenticate) => authenticate(), guess: (_guess, check) => check() };
}

/** How many requests a failed authentication counts as. */
const FAILURE_COST = 20;

type Take = Pick<Consumption, 'tokens' | 'owing'>;
const ONE: Take = { tokens: 1 };

/** The limits of requests, over one limiter. A client id that nobody has is limited like any other (C7). */
export function createRequestLimits(options: RequestLimitsOptions): RequestLimits {
  const { limiter, onLimited } = options;
  const consume = (limit: LimitName, bucket: readonly string[], take: Take): Promise<number> =>
    limiter.consume({ bucket: [limit, ...bucket], limit: options[limit], ...take });
  const refuse = (limit: LimitName, wait: number): never => {
    onLimited(limit);
    throw new OAuthError('temporarily_unavailable', 'Too many requests', {
      status: 429,
      detail: `rate limit: ${limit}`,
      headers: { 'Retry-After': String(wait) },
    });
  };
  const guess = createGuessLimit({
    limit: options.failures,
    consume: (pair, take) => consume('failures', pair, take),
    refuse: (wait) => refuse('failures', wait),
    elapsedMs: options.elapsedMs,
  });

  return {
    async guard(request, authenticate, clientOf) {
      const address = [addressOf(request)];
      const addressWait = await consume('address', address, ONE);
      if (addressWait > 0) refuse('address', addressWait);
      const result = await authenticate().catch(async (error: unknown) => {
        if (error instanceof OAuthError && error.status === 401) {
          await consume('address', address, { tokens: FAILURE_COST - 1, owing: true });
        }
        throw error;
      });
      const clientWait = await consume('client', clientOf(result), ONE);
      return clientWait > 0 ? refuse('client', clientWait) : result;
    },
    guess: ({ request, clientId, secrets }, check) => guess({ bucket: [addressOf(request), clientId], secrets }, check),
  };
}

function addressOf({ address }: Pick<AuthenticationRequest, 'address'>): string {
  return address?.() ?? 'unknown';
}
