import { UpstreamError } from '@mandate/ports';
import type { PolicyBackend, PolicyContext, PolicyDecision, PolicyRequest, UnmetRule } from './policy-backend.js';

/** A decision, the backend that made it, and what each one asked on the way answered. */
export interface ChainDecision {
  decision: PolicyDecision;
  /** `undefined` when no backend applied. */
  backend: string | undefined;
  consulted: readonly { backend: string; outcome: PolicyDecision['outcome'] }[];
}

export interface PolicyChain {
  /** @throws UpstreamError when a backend fails: never the next backend, never a verdict. */
  decide(request: PolicyRequest, context: PolicyContext): Promise<ChainDecision>;
  liftsScopeCeiling(): boolean;
}

/**
 * Asks the backends in order: the first permit or deny decides, not applicable goes on to the next. When none applies
 * the decision stays not applicable, which callers must refuse.
 *
 * @example
 * const { decision, backend } = await createPolicyChain([json, opa]).decide(request, context);
 * const grants = decision.outcome === 'permit' ? decision.grants : [];
 */
export function createPolicyChain(backends: readonly PolicyBackend[]): PolicyChain {
  return {
    async decide(request, context) {
      const consulted: { backend: string; outcome: PolicyDecision['outcome'] }[] = [];
      const uncovered: string[] = [];
      const unmet: UnmetRule[] = [];
      for (const backend of backends) {
        const decision = await backend.decide(request, context);
        consulted.push({ backend: backend.name, outcome: decision.outcome });
        if (decision.outcome === 'permit' && decision.grants.length === 0) {
          throw new UpstreamError(`policy ${backend.name}`, 'malformed', 'a permit without a grant');
        }
        if (decision.outcome !== 'not_applicable') return { decision, backend: backend.name, consulted };
        uncovered.push(...(decision.uncovered ?? []));
        unmet.push(...(decision.unmet ?? []));
      }
      const targets = [...new Set(uncovered)];
      return { decision: { outcome: 'not_applicable', uncovered: targets, unmet }, backend: undefined, consulted };
    },
    liftsScopeCeiling: () => backends.some((backend) => backend.liftsScopeCeiling?.() ?? false),
  };
}
