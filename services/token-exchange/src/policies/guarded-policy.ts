import { UpstreamError } from '@mandate/oauth';
import { type BreakingPolicyBackend, type Circuit, type PolicyBackend, withCircuitBreaker } from '@mandate/policy';
import type { HealthPart, HealthStatus, Runtime } from '@mandate/service-kit';

/** A backend over the network: behind a circuit breaker, and seen in metrics and `/readyz?verbose`. */
export interface GuardedPolicy {
  backend: BreakingPolicyBackend;
  part: HealthPart;
}

const OPEN: Record<Circuit, number> = { closed: 0, 'half-open': 0.5, open: 1 };

/**
 * Puts a circuit breaker before a backend. Its state is the gauge `policy_NAME_circuit_open`, its changes are counted
 * and logged. The health part is never unready: a policy server that is down must not take other services with it.
 */
export function guardPolicy(
  backend: PolicyBackend,
  { logger, metrics }: Pick<Runtime, 'logger' | 'metrics'>,
): GuardedPolicy {
  const { name } = backend;
  const changes = metrics.counter({
    name: 'policy_circuit_changes_total',
    help: 'Changes of the circuit breaker before a policy backend, by backend and new state',
    labels: { backend: [name], state: Object.keys(OPEN) },
  });
  const guarded = withCircuitBreaker(backend, {
    onChange(state) {
      changes.increment({ backend: name, state });
      logger.warn('policy circuit changed', { backend: name, outcome: state });
    },
  });
  metrics.gauge({
    name: `policy_${name}_circuit_open`,
    help: `Whether ${name} is left alone after failures: 1, 0.5 while one question tries it again, else 0`,
    read: () => OPEN[guarded.circuit()],
  });
  return { backend: guarded, part: { name: `policy:${name}`, status: () => healthOf(guarded) } };
}

async function healthOf(backend: BreakingPolicyBackend): Promise<HealthStatus> {
  const circuit = backend.circuit();
  if (circuit !== 'closed') return { ready: true, degraded: true, detail: `circuit ${circuit}` };
  try {
    await backend.check?.();
    return { ready: true };
  } catch (error) {
    const detail = error instanceof UpstreamError ? [error.failure, error.detail].filter(Boolean).join(', ') : 'failed';
    return { ready: true, degraded: true, detail };
  }
}
