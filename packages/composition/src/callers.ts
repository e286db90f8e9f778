import { type CallerAuthentication, createCallerAuthentication, withRateLimits } from '@mandate/clients';
import { type TokenVerifier, withRevocation } from '@mandate/token';
import type { Clients } from './client-authentication.js';
import type { SharedState } from './shared-state.js';

export interface CallerOptions {
  /** The issuer that a client's assertions are meant for. */
  issuer: string;
  verifier: TokenVerifier;
  clients: Clients | undefined;
  state: SharedState;
}

/** Callers by a bearer token that nobody revoked, or, where there is a client store, as a client; within the limits. */
export function composeCallers({ issuer, verifier, clients, state }: CallerOptions): CallerAuthentication {
  const { revocations, replays, limits } = state;
  const callers = createCallerAuthentication({
    verifier: withRevocation(verifier, revocations),
    ...clients?.authentication({ issuer, replays }),
  });
  return withRateLimits(callers, limits);
}
