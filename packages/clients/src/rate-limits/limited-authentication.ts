import type { Caller, CallerAuthentication } from '../authentication/caller-authentication.js';
import type { ClientAuthentication } from '../authentication/client-authentication.js';
import type { RequestLimits } from './request-limits.js';

/** Client authentication within the limits. */
export function withRateLimits(clients: ClientAuthentication, limits: RequestLimits): ClientAuthentication {
  return {
    authenticate: (request) =>
      limits.guard(
        request,
        () => clients.authenticate(request),
        ({ client }) => [client.clientId],
      ),
  };
}

/** Authentication of callers within the limits. */
export function withCallerRateLimits(callers: CallerAuthentication, limits: RequestLimits): CallerAuthentication {
  return {
    authenticate: (request, requiredScope) =>
      limits.guard(request, () => callers.authenticate(request, requiredScope), nameOf),
  };
}

/** A client of another issuer is not ours of the same id. */
function nameOf({ clientId, bearer }: Caller): string[] {
  return bearer === undefined || bearer.trust.own ? [clientId] : [clientId, bearer.issuer];
}
