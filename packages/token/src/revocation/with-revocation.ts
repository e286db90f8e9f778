import { isRevoked } from './revocation-question.js';
import type { RevocationStore } from './revocation-store.js';
import type { TokenVerifier } from '../tokens/verified-token.js';

/** A verifier that refuses revoked tokens as well. @throws UpstreamError, on verifying, when the store cannot tell. */
export function withRevocation(verifier: TokenVerifier, store: RevocationStore): TokenVerifier {
  return {
    async verify(token) {
      const result = await verifier.verify(token);
      if (!result.ok) return result;
      return (await isRevoked(store, [result.token])) ? { ok: false, reason: 'revoked' } : result;
    },
  };
}
