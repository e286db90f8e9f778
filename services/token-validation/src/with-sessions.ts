import type { Clock } from '@mandate/ports';
import { createOpenamSessionVerifier, isJwtShaped, type OpenamSessions } from '@mandate/openam';
import { type TokenVerifier } from '@mandate/token';

/** A verifier of JWTs that has AM judge everything else, where its session service is configured. */
export function withSessions(
  verifier: TokenVerifier,
  sessions: OpenamSessions | undefined,
  options: { clock: Clock; lifetimeSeconds: number },
): TokenVerifier {
  if (sessions === undefined) return verifier;
  const sessionVerifier = createOpenamSessionVerifier({ sessions, ...options });
  return { verify: async (token) => (isJwtShaped(token) ? verifier : sessionVerifier).verify(token) };
}
