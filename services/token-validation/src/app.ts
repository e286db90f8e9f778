import type { Caller, CallerAuthentication } from '@mandate/clients';
import { OAuthError } from '@mandate/oauth';
import type { EndpointRequest, Metrics, Service } from '@mandate/service-kit';
import type { Introspection } from '@mandate/token';
import { type Answered, countOutcomes } from './count-outcomes.js';
import { mayIntrospect } from './may-introspect.js';
import type { IntrospectToken } from './introspect-token.js';
import { type IntrospectionRequest, parseIntrospectionRequest } from './introspection-request.js';
import type { RenderIntrospection } from './introspection-response.js';
import { revocationEndpoint } from './revocation-endpoint.js';
import type { RevokeToken } from './revoke-token.js';

const PATHS = ['/service/introspect', '/oauth2/introspect'];

export interface TokenValidationCollaborators {
  callers: CallerAuthentication;
  requiredScopes: { introspect: string; revoke: string };
  introspectToken: IntrospectToken;
  render: RenderIntrospection;
  revokeToken: RevokeToken;
  metrics: Metrics;
}

/** The routes of token-validation, over ready-made collaborators. */
export function tokenValidationRoutes(
  collaborators: TokenValidationCollaborators,
): Pick<Service, 'endpoints' | 'tokenEndpoints'> {
  const { callers, requiredScopes, render, metrics } = collaborators;
  const count = countOutcomes(metrics, {
    name: 'introspectRequests_total',
    help: 'Introspection requests, by outcome (IMS name)',
    outcomes: ['active', 'inactive'],
  });

  const introspect = async (request: EndpointRequest): Promise<Answered> => {
    const { authorization, form, address, context } = request;
    const caller = await callers.authenticate({ authorization, form, address }, requiredScopes.introspect);
    const asked = parseIntrospectionRequest(form);
    refuseOwnBearer(asked, authorization);
    const answer = await answerFor(caller, asked, collaborators);
    context.log.info('token introspected', logFields(caller, answer));
    const response = await render(answer, { accept: request.header('accept'), clientId: caller.clientId });
    return { outcome: answer.outcome === 'active' ? 'active' : 'inactive', response };
  };

  return {
    endpoints: [
      { method: 'POST', paths: PATHS, handle: (request) => count(request, introspect) },
      revocationEndpoint({ ...collaborators, requiredScope: requiredScopes.revoke }),
    ],
    tokenEndpoints: [],
  };
}

/** A token that vouches for itself proves nothing about who asks. */
function refuseOwnBearer({ token }: IntrospectionRequest, authorization = ''): void {
  if (authorization.replace(/^bearer +/i, '') === token) {
    throw new OAuthError('invalid_request', 'A token cannot authorize its own introspection');
  }
}

/** A token for others is inactive to this caller, as if it did not exist (RFC 7662 section 4). */
async function answerFor(
  caller: Caller,
  asked: IntrospectionRequest,
  { introspectToken }: TokenValidationCollaborators,
): Promise<VisibleIntrospection> {
  const answer = await introspectToken(asked);
  if (answer.outcome !== 'active' || mayIntrospect(caller, answer.claims)) return answer;
  return { outcome: 'inactive', hidden: true };
}

type VisibleIntrospection = Introspection & { hidden?: true };

function logFields(caller: Caller, answer: VisibleIntrospection): Record<string, string | undefined> {
  const { outcome } = answer;
  if (outcome === 'active') return { client: caller.clientId, outcome, tokenId: answer.token?.id };
  const reason = outcome === 'inactive' ? answer.reason : outcome;
  return { client: caller.clientId, outcome: 'inactive', reason: answer.hidden ? 'caller_not_in_audience' : reason };
}
