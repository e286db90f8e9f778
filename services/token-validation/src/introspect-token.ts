import { UpstreamError } from '@mandate/ports';
import { type Introspection, type RevocationStore, type TokenIntrospector, isRevoked } from '@mandate/token';
import type { IntrospectionRequest } from './introspection-request.js';

/** Answers whether a token is active. */
export type IntrospectToken = (request: IntrospectionRequest) => Promise<Introspection>;

/**
 * Asks the introspectors in order; the first active answer wins. Where none says active and one could not say, the
 * answer is unknown.
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

/**
 * Asks the revocation store about a token that is active otherwise; whoever else may call it active, a revoked one is
 * not (docs/delegation.md section 6). A token known to another server alone is revoked there.
 * @throws UpstreamError when the store cannot tell.
 */
export function withRevocations(introspectToken: IntrospectToken, store: RevocationStore): IntrospectToken {
  return async (request) => {
    const answer = await introspectToken(request);
    if (answer.outcome !== 'active' || answer.token === undefined) return answer;
    return (await isRevoked(store, [answer.token])) ? { outcome: 'inactive', reason: 'revoked' } : answer;
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
