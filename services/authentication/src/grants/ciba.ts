import { randomUUID } from 'node:crypto';
import type { ClientCaller } from '@mandate/clients';
import {
  type BackchannelDecision,
  type BackchannelRequest,
  type BackchannelRequestStore,
  type PollOutcome,
  digestOf,
  digestOfIdentifier,
} from '@mandate/delegations';
import { CIBA_GRANT, OAuthError, type OAuthErrorCode, requiredParameter } from '@mandate/oauth';
import { UpstreamError } from '@mandate/ports';
import type { Grant } from '@mandate/token-endpoint';
import type { NewDelegation, StartDelegation } from '../delegations/start-delegation.js';

export interface CibaGrantOptions {
  requests: BackchannelRequestStore;
  startDelegation: StartDelegation;
}

/** OpenID CIBA Core section 11; all of them 400, as everything of a token endpoint that is not the client's proof. */
const REFUSALS: Readonly<Record<Exclude<PollOutcome['kind'], 'approved'>, [OAuthErrorCode, string]>> = {
  pending: ['authorization_pending', 'The person has not answered yet'],
  slow_down: ['slow_down', 'The client polls too often: from now on the interval is 5 seconds longer'],
  denied: ['access_denied', 'The person has refused'],
  expired: ['expired_token', 'The person has not answered in time'],
  unknown: ['invalid_grant', 'There is no such request of this client, or its answer was fetched before'],
};

/**
 * The CIBA grant (OpenID CIBA Core section 10.1): what a person answered, to the client that asked, once. Where a
 * dependency fails in between, the person is not asked again: the client that repeats gets the same delegation.
 */
export function createCibaGrant({ requests, startDelegation }: CibaGrantOptions): Grant<ClientCaller> {
  return {
    grantType: CIBA_GRANT,
    async issue({ caller: { client }, form, context, confirmation }) {
      const id = digestOfIdentifier(requiredParameter(form, 'auth_req_id'));
      if (id === undefined) throw refusal({ kind: 'unknown' });
      const attempt = randomUUID();
      try {
        const outcome = await requests.poll(id, client.clientId, attempt);
        if (outcome.kind !== 'approved') throw refusal(outcome);
        return await startDelegation({ ...delegationOf(outcome), client, confirmation }, context);
      } catch (error) {
        if (error instanceof UpstreamError) await requests.takeBack(id, attempt);
        throw error;
      }
    },
  };
}

/** `authorization_pending` and `slow_down` tell the interval from now on. */
function refusal(outcome: Exclude<PollOutcome, { kind: 'approved' }>): OAuthError {
  const [code, description] = REFUSALS[outcome.kind];
  const members = 'interval' in outcome ? { interval: outcome.interval } : {};
  return new OAuthError(code, description, { status: 400, members });
}

function delegationOf({
  request,
  decision,
}: {
  request: BackchannelRequest;
  decision: BackchannelDecision;
}): Pick<NewDelegation, 'origin' | 'since' | 'grant'> {
  const { scopes, resources, agreement } = request;
  const { sub, acr, amr, authTime } = decision;
  return {
    origin: 'ciba',
    since: request.created,
    grant: {
      // the same for every attempt: one answer is one delegation
      grantId: digestOf(`delegation of ${request.id}`),
      sub,
      scopes,
      resources,
      ...(agreement !== undefined && { agreement }),
      ...(acr !== undefined && { acr }),
      ...(amr !== undefined && { amr }),
      ...(authTime !== undefined && { authTime }),
    },
  };
}
