import { UpstreamError } from '@mandate/oauth';
import type { Introspection, TokenIntrospector } from '@mandate/token';
import type { IntrospectionRequest } from './introspection-request.js';

/** Answers whether a token is active. */
export type IntrospectToken = (request: IntrospectionRequest) => Promise<Introspection>;

/**
 * Asks the introspectors in order; the first active answer wins. Where none says active and one could not say, the
 * answer is unknown (wire-contract.md section 3).
 * @throws UpstreamError then.
 */
export function createIntrospectToken(introspectors: readonly TokenIntrospector[]): IntrospectToken {
  return async ({ token, hint }) => {
    let answer: Introspection = { outcome: 'not_mine' };
    let failure: UpstreamError | undefined;
    for (const introspector of introspectors) {
      const result = await askOne(introspector, token, hint);
      if (result instanceof UpstreamError) failure ??= result;
      else if (result.outcome === 'active') return result;
      else if (answer.outcome === 'not_mine') answer = result;
    }
    if (failure !== undefined) throw failure;
    return answer;
  };
}

async function askOne(
  introspector: TokenIntrospector,
  token: string,
  hint: IntrospectionRequest['hint'],
): Promise<Introspection | UpstreamError> {
  try {
    return await introspector.introspect(token, hint);
  } catch (error) {
    if (error instanceof UpstreamError) return error;
    throw error;
  }
}
