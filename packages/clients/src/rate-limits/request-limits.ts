import { type BasicAuthorization, type Form, OAuthError } from '@mandate/oauth';
import type { Metrics } from '@mandate/ports';
import type { AuthenticationRequest } from '../authentication/authentication-method.js';
import { isClientId } from '../store/parse-clients.js';
import type { Consumption, RateLimit, RateLimiter } from './rate-limiter.js';

const LIMITS = ['client', 'address', 'failures'] as const;

/** The names of the limits that a request can go beyond. */
export type LimitName = (typeof LIMITS)[number];

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
  return { guard: (_request, authenticate) => authenticate() };
}

/** How many requests a failed authentication counts as. */
const FAILURE_COST = 20;

type Take = Pick<Consumption, 'tokens' | 'owing'>;
const ONE: Take = { tokens: 1 };
const NONE: Take = { tokens: 0 };

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

  return {
    async guard(request, authenticate, clientOf) {
      const address = [request.address?.() ?? 'unknown'];
      const clientId = guessedClient(request);
      const pair = clientId === undefined ? undefined : [...address, clientId];
      const waits = await Promise.all([consume('address', address, ONE), pair && consume('failures', pair, NONE)]);
      const [addressWait, failuresWait = 0] = waits;
      if (addressWait > 0) refuse('address', addressWait);
      if (failuresWait > 0) refuse('failures', failuresWait);
      const result = await authenticate().catch(async (error: unknown) => {
        if (error instanceof OAuthError && error.status === 401) {
          await Promise.all([
            consume('address', address, { tokens: FAILURE_COST - 1, owing: true }),
            pair && consume('failures', pair, { tokens: 1, owing: true }),
          ]);
        }
        throw error;
      });
      const clientWait = await consume('client', clientOf(result), ONE);
      return clientWait > 0 ? refuse('client', clientWait) : result;
    },
  };
}

/**
 * The client whose secret a request presents. Signed proofs cannot be guessed and are not counted here, nor is an id that
 * no record can have: whoever makes them up, as long as forms may be, could fill the memory with their buckets.
 */
function guessedClient({ authorization, form }: AuthenticationRequest): string | undefined {
  const named = authorization?.scheme === 'basic' ? idOfBasic(authorization) : idBesideSecret(form);
  return named !== undefined && isClientId(named) ? named : undefined;
}

function idOfBasic({ credentials, unencoded }: BasicAuthorization): string | undefined {
  return (credentials ?? unencoded)?.clientId;
}

function idBesideSecret(form: Form): string | undefined {
  return form.has('client_secret') ? form.get('client_id')?.[0] : undefined;
}
