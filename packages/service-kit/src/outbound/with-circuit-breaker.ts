import {
  type HttpClient,
  type HttpRequest,
  type HttpResponse,
  UpstreamError,
  type UpstreamFailure,
} from '@mandate/ports';
import { BrokenCircuitError, CircuitState, ConsecutiveBreaker, circuitBreaker, handleWhenResult } from 'cockatiel';

/** `open`: not asked at all. `half-open`: one request is under way that tells whether it is back. */
export type Circuit = 'closed' | 'open' | 'half-open';

export interface CircuitBreakerOptions {
  /** The upstream, as the error of an open circuit names it. */
  name: string;
  /** Failures in a row after which the circuit opens. Default 5. */
  failures?: number;
  /** How long it stays open before one request is tried, milliseconds. Default 2000. */
  halfOpenAfterMs?: number;
  onChange?: (circuit: Circuit) => void;
}

/** A client that leaves its upstream alone for a while after it failed several times in a row. */
export interface BreakingHttpClient extends HttpClient {
  circuit(): Circuit;
}

/** An answer that is odd says something about the request; only these say that the upstream is in trouble. */
const TROUBLE: ReadonlySet<UpstreamFailure> = new Set(['unreachable', 'timeout', 'overloaded']);
/** Not 500: so AM and OPA answer one question they cannot digest, and nobody is to close them to others by asking it. */
const TROUBLED_STATUS: ReadonlySet<number> = new Set([429, 502, 503, 504]);

const STATES: Record<CircuitState, Circuit> = {
  [CircuitState.Closed]: 'closed',
  [CircuitState.Open]: 'open',
  [CircuitState.HalfOpen]: 'half-open',
  [CircuitState.Isolated]: 'open',
};

/**
 * Rejects with `UpstreamError` `overloaded` at once while the circuit is open, instead of letting every request wait for
 * an upstream that is down. It counts what shows that: no answer in time, or 429, 502, 503, 504.
 * A request that its caller gave up on does not count, unless it was the trial: that shows nothing, so it stays open.
 */
export function withCircuitBreaker(http: HttpClient, options: CircuitBreakerOptions): BreakingHttpClient {
  const { name, failures = 5, halfOpenAfterMs = 2000, onChange } = options;
  const policy = circuitBreaker(handleWhenResult(isTrouble), {
    halfOpenAfter: halfOpenAfterMs,
    breaker: new ConsecutiveBreaker(failures),
  });
  if (onChange) policy.onStateChange((state) => onChange(STATES[state]));
  const isTrial = (): boolean => policy.state === CircuitState.HalfOpen;
  const open = (): UpstreamError => new UpstreamError(name, 'overloaded', 'circuit open');
  return {
    circuit: () => STATES[policy.state],
    async send(request) {
      // Cockatiel would let these wait for the outcome of the trial.
      if (isTrial()) throw open();
      const outcome = await policy
        .execute(() => attempt(http, request, isTrial))
        .catch((error: unknown) => {
          throw error instanceof BrokenCircuitError ? open() : error;
        });
      if ('error' in outcome) throw outcome.error;
      return outcome.response;
    },
  };
}

/** How a request ended, where that says whether the upstream works. */
type Outcome = { trouble: boolean; response: HttpResponse } | { trouble: true; error: UpstreamError };

async function attempt(http: HttpClient, request: HttpRequest, isTrial: () => boolean): Promise<Outcome> {
  try {
    const response = await http.send(request);
    return { trouble: TROUBLED_STATUS.has(response.status), response };
  } catch (error) {
    const tells = request.signal?.aborted !== true || isTrial();
    if (error instanceof UpstreamError && TROUBLE.has(error.failure) && tells) return { trouble: true, error };
    throw error;
  }
}

function isTrouble(outcome: unknown): boolean {
  return typeof outcome === 'object' && outcome !== null && 'trouble' in outcome && outcome.trouble === true;
}
