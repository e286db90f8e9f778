import { type Metrics, withDeadline } from '@mandate/ports';
import { DIFFERENCES, type Difference, differencesOf } from './decision-differences.js';
import type { PolicyContext, PolicyDecision, PolicyRequest } from './policy-backend.js';
import type { ChainDecision, PolicyChain } from './policy-chain.js';

/** A question that the two lists answered differently. Names what differs, and no value of it. */
export interface Disagreement {
  differences: readonly Difference[];
  /** Names of the additional claims that only one side grants, or with another value. */
  claims: readonly string[];
  decided: { verdict: PolicyDecision['outcome']; backend: string | undefined };
  shadow: { verdict: PolicyDecision['outcome']; backend: string | undefined };
  /** How long the evaluation aside took. */
  latencyMs: number;
}

const OUTCOMES = ['agreed', 'disagreed', 'failed', 'timeout', 'skipped'] as const;

/** How an evaluation aside ended. */
export type ShadowOutcome = (typeof OUTCOMES)[number];

export interface ShadowOptions {
  /** Evaluations aside at one time; beyond it a question is not evaluated aside. */
  concurrency: number;
  /** After which an evaluation aside is given up, milliseconds. */
  timeoutMs: number;
  onOutcome?: (outcome: ShadowOutcome) => void;
  onDisagreement: (disagreement: Disagreement, question: { request: PolicyRequest; context: PolicyContext }) => void;
}

/** Counters of evaluations aside by outcome, and of disagreements by what differs. */
export function countShadow(metrics: Metrics): {
  outcome: (outcome: ShadowOutcome) => void;
  differences: (differences: readonly Difference[]) => void;
} {
  const evaluations = metrics.counter({
    name: 'policy_shadow_evaluations_total',
    help: 'Questions also put to the policies listed aside, by outcome',
    labels: { outcome: OUTCOMES },
  });
  const disagreements = metrics.counter({
    name: 'policy_shadow_differences_total',
    help: 'Disagreements of the policies listed aside, by what differs',
    labels: { difference: DIFFERENCES },
  });
  return {
    outcome: (outcome) => evaluations.increment({ outcome }),
    differences: (differences) => differences.forEach((difference) => disagreements.increment({ difference })),
  };
}

const TIMED_OUT = Symbol('timed out');

/**
 * Evaluates a second list aside, and only compares. The answer is the first list's, at the moment it has it: nothing
 * that the second does, failing and hanging included, delays or changes it, and nothing it throws is seen.
 */
export function withShadow(chain: PolicyChain, shadowChain: PolicyChain, options: ShadowOptions): PolicyChain {
  let comparisons = 0;

  async function compare(answer: ChainDecision, request: PolicyRequest, context: PolicyContext): Promise<void> {
    if (comparisons >= options.concurrency) return options.onOutcome?.('skipped');
    comparisons++;
    const startedAt = performance.now();
    try {
      const shadow = await evaluate(shadowChain, request, { context, timeoutMs: options.timeoutMs });
      if (shadow === TIMED_OUT) return options.onOutcome?.('timeout');
      const disagreement = disagreementOf(answer, shadow, request);
      options.onOutcome?.(disagreement === undefined ? 'agreed' : 'disagreed');
      if (disagreement === undefined) return;
      const latencyMs = performance.now() - startedAt;
      options.onDisagreement({ ...disagreement, latencyMs }, { request, context });
    } finally {
      comparisons--;
    }
  }

  return {
    async decide(request, context) {
      const answer = await chain.decide(request, context);
      // After the answer is known and in a turn of its own: a backend that blocks first finds the answer on its way.
      setImmediate(() => void compare(answer, request, context).catch(() => quietly(options.onOutcome)));
      return answer;
    },
    liftsScopeCeiling: () => chain.liftsScopeCeiling(),
  };
}

/** The caller's going away ends nothing here; the deadline ends it, whether or not the backend heeds the signal. */
async function evaluate(
  chain: PolicyChain,
  request: PolicyRequest,
  { context, timeoutMs }: { context: PolicyContext; timeoutMs: number },
): Promise<ChainDecision | typeof TIMED_OUT> {
  const giveUp = new AbortController();
  const question = chain.decide(request, { ...context, signal: () => giveUp.signal });
  const decision = await withDeadline(question, timeoutMs, (): typeof TIMED_OUT => TIMED_OUT);
  if (decision === TIMED_OUT) giveUp.abort();
  return decision;
}

function disagreementOf(
  answer: ChainDecision,
  shadow: ChainDecision,
  request: PolicyRequest,
): Omit<Disagreement, 'latencyMs'> | undefined {
  const { differences, claims } = differencesOf(answer.decision, shadow.decision, request);
  if (differences.length === 0) return undefined;
  const side = ({ decision, backend }: ChainDecision): Disagreement['shadow'] => ({
    verdict: decision.outcome,
    backend,
  });
  return { differences, claims, decided: side(answer), shadow: side(shadow) };
}

/** Reports the failure; a report that fails as well is swallowed, so that no request ends for it. */
function quietly(onOutcome: ShadowOptions['onOutcome']): void {
  try {
    onOutcome?.('failed');
  } catch {
    // Nowhere is left to say so.
  }
}
