import { type Clock, type JsonObject, isRecent } from '@mandate/ports';
import type { ClaimsProvider } from './claims-provider.js';
import { questionOf } from './http-claims-provider.js';

const MAX_ENTRIES = 10_000;

interface Recent {
  claims: JsonObject;
  /** Epoch seconds. */
  at: number;
}

/**
 * Answers the same question again out of what was answered for it, for at most `seconds`. Everything that the provider
 * was told is part of the question: what it says for one target is not given at another. Failures are not kept.
 */
export function withRecentClaims(
  provider: ClaimsProvider,
  { clock, seconds }: { clock: Clock; seconds: number },
): ClaimsProvider {
  const recent = new Map<string, Recent>();
  if (seconds <= 0) return provider;
  return {
    name: provider.name,
    async claimsFor(request, context) {
      const key = JSON.stringify(questionOf(request));
      const entry = recent.get(key);
      if (entry !== undefined && isRecent(entry.at, { now: clock(), seconds })) return entry.claims;
      const claims = await provider.claimsFor(request, context);
      recent.delete(key);
      recent.set(key, { claims, at: clock() });
      for (const oldest of recent.keys()) {
        if (recent.size <= MAX_ENTRIES) break;
        recent.delete(oldest);
      }
      return claims;
    },
  };
}
