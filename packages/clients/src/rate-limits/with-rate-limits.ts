import type { Caller } from '../authentication/caller.js';
import type { CallerAuthentication } from '../authentication/caller-authentication.js';
import type { RequestLimits } from './request-limits.js';

/** Authenticates as `callers` does, and refuses what is beyond a limit. @throws OAuthError with status 429 and `Retry-After` */
export function withRateLimits<C extends Caller>(
  callers: CallerAuthentication<C>,
  limits: RequestLimits,
): CallerAuthentication<C> {
  return {
    supported: callers.supported,
    authenticate: (request, requiredScope) =>
      limits.guard(request, () => callers.authenticate(request, requiredScope), nameOf),
  };
}

/** A client of another issuer is not ours of the same id. */
function nameOf({ clientId, issuer, own }: Caller): string[] {
  return own ? [clientId] : [clientId, issuer];
}
