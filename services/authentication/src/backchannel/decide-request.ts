import type { BackchannelDecision, BackchannelRequestStore, DecideOutcome } from '@mandate/delegations';
import { OAuthError, type OAuthErrorCode } from '@mandate/oauth';
import type { DelegationLog } from '../delegations/delegation-log.js';
import { checkProof } from './check-issuable.js';
import type { PingClient, PingContext } from './ping-client.js';

export interface DecideRequestOptions {
  requests: BackchannelRequestStore;
  ping: PingClient;
  log: DelegationLog;
}

/**
 * Takes what a person answered, and pings the client that waits for it, if it wants that.
 * @throws OAuthError for a request that is not there, over, answered before, or another person's, and for a yes whose
 * proof no token has room for.
 * @throws UpstreamError when it is not certain that the answer is kept, or it is and could not be written down.
 */
export type DecideRequest = (request: string, decision: BackchannelDecision, context: PingContext) => Promise<void>;

interface Refusal {
  code: OAuthErrorCode;
  status: number;
  description: string;
}

/** An answer for each refusal: the app that the person uses shows them what happened. */
const REFUSALS: Readonly<Record<Exclude<DecideOutcome, 'decided'>, Refusal>> = {
  unknown: { code: 'invalid_request', status: 404, description: 'There is no such request' },
  other_person: { code: 'access_denied', status: 403, description: 'The request is for another person' },
  decided_before: { code: 'invalid_request', status: 409, description: 'The request was answered before' },
  expired: { code: 'expired_token', status: 400, description: 'The request has expired' },
};

export function createDecideRequest({ requests, ping, log }: DecideRequestOptions): DecideRequest {
  return async (name, decision, context) => {
    checkProof(decision);
    const request = await requests.findByDecisionId(name);
    if (request === undefined) throw refusal('unknown');
    const outcome = await requests.decide(name, decision);
    if (outcome !== 'decided') throw refusal(outcome);
    // The person need not wait until the client has been reached, nor the client for the log: the answer stands.
    void ping(request, context);
    await log.answer(request, decision, context);
  };
}

function refusal(outcome: keyof typeof REFUSALS): OAuthError {
  const { code, status, description } = REFUSALS[outcome];
  return new OAuthError(code, description, { status, detail: outcome });
}
