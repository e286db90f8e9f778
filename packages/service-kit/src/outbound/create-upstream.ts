import { type HttpClient, UpstreamError } from '@mandate/ports';
import type { HealthPart, HealthStatus, Runtime } from '../service.js';
import { type Circuit, type CircuitBreaker, createCircuitBreaker } from './circuit-breaker.js';
import { withCircuitBreaker } from './with-circuit-breaker.js';

/** A server that requests depend on, as it is asked and as it is seen. */
export interface Upstream {
  /** Behind the circuit breaker. */
  http: HttpClient;
  /** What `/readyz?verbose` says of it: its circuit, or what `check` finds. Never unready: a service stays up while a server that it asks is down. */
  part(check?: () => Promise<void>): HealthPart;
}

const OPEN: Record<Circuit, number> = { closed: 0, 'half-open': 0.5, open: 1 };

/**
 * Puts a circuit breaker before a server that is asked while a request waits. Its state is `upstream_circuit_open` of
 * that name; its changes are counted and logged.
 *
 * @example
 * const upstream = createUpstream({ name: 'policy:opa', http: runtime.http }, runtime);
 * const backend = createOpaPolicy({ ...options, http: upstream.http });
 */
export function createUpstream(
  { name, http }: { name: string; http: HttpClient },
  runtime: Pick<Runtime, 'logger' | 'metrics'>,
): Upstream {
  const breaker = createUpstreamBreaker({ name }, runtime);
  return {
    http: withCircuitBreaker(http, breaker),
    part: (check) => ({ name, needed: false, status: () => healthOf(breaker, check) }),
  };
}

/** A circuit breaker that is seen as those of {@link createUpstream} are, for servers that are not asked by HTTP. */
export function createUpstreamBreaker(
  { name, halfOpenAfterMs }: { name: string; halfOpenAfterMs?: number },
  { logger, metrics }: Pick<Runtime, 'logger' | 'metrics'>,
): CircuitBreaker {
  const changes = metrics.counter({
    name: 'upstream_circuit_changes_total',
    help: 'Changes of the circuit breaker before a server we ask, by server and new state',
    labels: { upstream: [name], state: Object.keys(OPEN) },
  });
  const breaker = createCircuitBreaker({
    name,
    halfOpenAfterMs,
    onChange(state) {
      changes.increment({ upstream: name, state });
      logger.warn('circuit changed', { dependency: name, outcome: state });
    },
  });
  metrics.gauge({
    name: 'upstream_circuit_open',
    help: 'Whether a server we ask is left alone after failures: 1, 0.5 while one request tries it again, else 0',
    labels: { upstream: name },
    read: () => OPEN[breaker.circuit()],
  });
  return breaker;
}

async function healthOf(breaker: CircuitBreaker, check?: () => Promise<void>): Promise<HealthStatus> {
  const circuit = breaker.circuit();
  if (circuit !== 'closed') return { ready: true, degraded: true, detail: `circuit ${circuit}` };
  try {
    await check?.();
    return { ready: true };
  } catch (error) {
    const detail = error instanceof UpstreamError ? [error.failure, error.detail].filter(Boolean).join(', ') : 'failed';
    return { ready: true, degraded: true, detail };
  }
}
