import { UpstreamError } from '@mandate/ports';
import type { Introspection } from './token-introspector.js';

/**
 * Asks in order. The first active answer wins, else the first inactive one with a reason, which only a server that knows
 * the token gives.
 * @throws UpstreamError when none is active and one could not tell.
 *
 * @example
 * const answer = await firstActive(introspectors.map((one) => () => one.introspect(token, hint)));
 */
export async function firstActive(questions: readonly (() => Promise<Introspection>)[]): Promise<Introspection> {
  let best: Introspection = { outcome: 'not_mine' };
  let failure: UpstreamError | undefined;
  for (const ask of questions) {
    try {
      const answer = await ask();
      if (answer.outcome === 'active') return answer;
      if (answer.outcome === 'inactive' && !hasReason(best)) best = answer;
    } catch (error) {
      if (!(error instanceof UpstreamError)) throw error;
      failure ??= error;
    }
  }
  if (failure !== undefined) throw failure;
  return best;
}

function hasReason(answer: Introspection): boolean {
  return answer.outcome === 'inactive' && answer.reason !== undefined;
}
