import {
  type Introspection,
  type RevocationStore,
  type TokenIntrospector,
  firstActive,
  isRevoked,
} from '@mandate/token';
import type { IntrospectionRequest } from './introspection-request.js';

/** Answers whether a token is active. */
export type IntrospectToken = (request: IntrospectionRequest) => Promise<Introspection>;

/** Asks the introspectors in their order, as {@link firstActive}. @throws UpstreamError when the answer is unknown. */
export function createIntrospectToken(introspectors: readonly TokenIntrospector[]): IntrospectToken {
  return ({ token, hint }) => firstActive(introspectors.map((one) => async () => one.introspect(token, hint)));
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
