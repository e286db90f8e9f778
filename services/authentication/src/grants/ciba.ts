import { randomUUID } from 'node:crypto';
import type { Client, ClientCaller } from '@mandate/clients';
import {
  type BackchannelDecision,
  type BackchannelRequest,
  type BackchannelRequestStore,
  type PollOutcome,
  digestOfIdentifier,
} from '@mandate/delegations';
import { CIBA_GRANT, OAuthError, type OAuthErrorCode, requiredParameter } from '@mandate/oauth';
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

/** The CIBA grant (OpenID CIBA Core section 10.1): what a person answered, to the client that asked, once. */
export function createCibaGrant({ requests, startDelegation }: CibaGrantOptions): Grant<ClientCaller> {
  return {
    grantType: CIBA_GRANT,
    async issue({ caller: { client }, form, context }) {
      const id = digestOfIdentifier(requiredParameter(form, 'auth_req_id'));
      const outcome = id === undefined ? ({ kind: 'unknown' } as const) : await requests.poll(id, client.clientId);
      if (outcome.kind === 'approved') return startDelegation(agreed(outcome, client), context);
      const [code, description] = REFUSALS[outcome.kind];
      const members = 'interval' in outcome ? { interval: outcome.interval } : {};
      throw new OAuthError(code, description, { status: 400, members });
    },
  };
}

function agreed(
  { request, decision }: { request: BackchannelRequest; decision: BackchannelDecision },
  client: Client,
): NewDelegation {
  const { scopes, resources, agreement } = request;
  const { sub, acr, amr, authTime } = decision;
  return {
    client,
    origin: 'ciba',
    grant: {
      grantId: randomUUID(),
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
