import { BrokenCircuitError, CircuitState, ConsecutiveBreaker, circuitBreaker, handleWhen } from 'cockatiel';
import { UpstreamError, type UpstreamFailure } from '@mandate/oauth';
import type { PolicyBackend } from './policy-backend.js';

/** `open`: not asked at all. `half-open`: one question is under way that tells whether it is back. */
export type Circuit = 'closed' | 'open' | 'half-open';

export interface CircuitBreakerOptions {
  /** Failures in a row after which the circuit opens. Default 5. */
  failures?: number;
  /** How long it stays open before one question is tried, milliseconds. Default 2000. */
  halfOpenAfterMs?: number;
  onChange?: (circuit: Circuit) => void;
}

/** A policy backend that is left alone for a while after it failed several times in a row. */
export interface BreakingPolicyBackend extends PolicyBackend {
  circuit(): Circuit;
}

/** An answer that is odd says something about the question; only these say that the upstream is in trouble. */
const TROUBLE: ReadonlySet<UpstreamFailure> = new Set(['unreachable', 'timeout', 'status', 'overloaded']);

const STATES: Record<CircuitState, Circuit> = {
  [CircuitState.Closed]: 'closed',
  [CircuitState.Open]: 'open',
  [CircuitState.HalfOpen]: 'half-open',
  [CircuitState.Isolated]: 'open',
};

/**
 * Answers `UpstreamError` `overloaded` at once while the circuit is open, instead of letting every request wait for an
 * upstream that is down. It never answers in the backend's place: an open circuit is a failure, not a deny.
 * A question that its caller gave up on does not count, unless it was the trial: that shows nothing, so it stays open.
 */
export function withCircuitBreaker(backend: PolicyBackend, options: CircuitBreakerOptions = {}): BreakingPolicyBackend {
  const { failures = 5, halfOpenAfterMs = 2000, onChange } = options;
  const policy = circuitBreaker(
    handleWhen((error) => error instanceof CountedFailure),
    { halfOpenAfter: halfOpenAfterMs, breaker: new ConsecutiveBreaker(failures) },
  );
  if (onChange) policy.onStateChange((state) => onChange(STATES[state]));
  return {
    ...backend,
    circuit: () => STATES[policy.state],
    async decide(request, context) {
      // Cockatiel would let these wait for the outcome of the trial.
      if (policy.state === CircuitState.HalfOpen) throw open(backend);
      try {
        return await policy.execute(async () =>
          counted(
            () => backend.decide(request, context),
            () => !context.signal.aborted || policy.state === CircuitState.HalfOpen,
          ),
        );
      } catch (error) {
        if (error instanceof BrokenCircuitError) throw open(backend);
        throw error instanceof CountedFailure ? error.cause : error;
      }
    },
  };
}

/** Tells the breaker which failures to count. It never leaves this file. */
class CountedFailure extends Error {
  override readonly cause: UpstreamError;

  constructor(cause: UpstreamError) {
    super('counted');
    this.name = 'CountedFailure';
    this.cause = cause;
  }
}

async function counted<T>(ask: () => Promise<T>, tells: () => boolean): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    const counts = error instanceof UpstreamError && TROUBLE.has(error.failure) && tells();
    throw counts ? new CountedFailure(error) : error;
  }
}

function open({ name }: PolicyBackend): UpstreamError {
  return new UpstreamError(`policy ${name}`, 'overloaded', 'circuit open');
}
