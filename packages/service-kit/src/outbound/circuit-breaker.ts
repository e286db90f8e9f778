import { UpstreamError, type UpstreamFailure } from '@mandate/ports';

/** `open`: not asked at all. `half-open`: one request is under way that tells whether it is back. */
export type Circuit = 'closed' | 'open' | 'half-open';

export interface CircuitBreakerOptions {
  /** The upstream, as the error of an open circuit names it. */
  name: string;
  /** Failures in a row after which the circuit opens. Default 5. */
  failures?: number | undefined;
  /** How long it stays open before one request is tried, milliseconds. Default 2000. */
  halfOpenAfterMs?: number | undefined;
  /** Milliseconds of a clock that only goes forward; default that of the process. */
  elapsedMs?: () => number;
  onChange?: (circuit: Circuit) => void;
}

/** How one request to the upstream is judged. */
export interface GuardedRequest<Answer> {
  /** Whether the answer shows that the upstream is in trouble; absent: an answer never does. */
  isTrouble?: (answer: Answer) => boolean;
  /** Aborted when the caller gave up: what happens then shows nothing of the upstream. */
  signal?: AbortSignal | undefined;
}

/** What leaves an upstream alone for a while after it failed several times in a row. */
export interface CircuitBreaker {
  circuit(): Circuit;
  /** Does the work, or rejects with `UpstreamError` `overloaded` at once while the circuit is open. */
  run<Answer>(work: () => Promise<Answer>, request?: GuardedRequest<Answer>): Promise<Answer>;
}

/** An answer that is odd says something about the request; only these say that the upstream is in trouble. */
const TROUBLE: ReadonlySet<UpstreamFailure> = new Set(['unreachable', 'timeout', 'overloaded']);

/** What a request showed of the upstream; `nothing`: the fault is elsewhere. */
type Outcome = 'answered' | 'trouble' | 'nothing';

/**
 * Rejects at once while the circuit is open, instead of letting every request wait for an upstream that is down. A request
 * that its caller gave up on does not count, unless it was the trial: that shows nothing, so it stays open.
 */
export function createCircuitBreaker(options: CircuitBreakerOptions): CircuitBreaker {
  const { name, failures = 5, halfOpenAfterMs = 2000, elapsedMs = () => performance.now(), onChange } = options;
  let circuit: Circuit = 'closed';
  let inARow = 0;
  let openedAt = 0;

  function become(next: Circuit): void {
    [circuit, inARow, openedAt] = [next, 0, elapsedMs()];
    onChange?.(next);
  }
  /** Whether this request is the trial. */
  function admit(): boolean {
    if (circuit === 'closed') return false;
    const due = circuit === 'open' && elapsedMs() - openedAt >= halfOpenAfterMs;
    if (!due) throw new UpstreamError(name, 'overloaded', 'circuit open');
    become('half-open');
    return true;
  }
  function learn(outcome: Outcome, isTrial: boolean): void {
    if (isTrial) become(outcome === 'trouble' ? 'open' : 'closed');
    // What began before the circuit opened tells nothing of later.
    else if (circuit !== 'closed') return;
    else if (outcome === 'answered') inARow = 0;
    else if (outcome === 'trouble' && ++inARow >= failures) become('open');
  }
  return {
    circuit: () => circuit,
    async run(work, { isTrouble, signal } = {}) {
      const isTrial = admit();
      try {
        const answer = await work();
        learn(isTrouble?.(answer) === true ? 'trouble' : 'answered', isTrial);
        return answer;
      } catch (error) {
        learn(outcomeOf(error, isTrial ? undefined : signal), isTrial);
        throw error;
      }
    },
  };
}

function outcomeOf(error: unknown, signal: AbortSignal | undefined): Outcome {
  return error instanceof UpstreamError && TROUBLE.has(error.failure) && signal?.aborted !== true
    ? 'trouble'
    : 'nothing';
}
