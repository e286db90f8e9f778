import type { CallerAuthentication } from '@mandate/clients';
import type { Endpoint, EndpointRequest, LogFields, Metrics } from '@mandate/service-kit';
import { type Answered, countOutcomes } from './count-outcomes.js';
import { type RevocationRequest, callerForm, parseRevocationRequest } from './revocation-request.js';
import type { RevokeToken } from './revoke-token.js';

const PATHS = ['/service/revoke', '/oauth2/revoke'];

export interface RevocationCollaborators {
  callers: CallerAuthentication;
  requiredScope: string;
  revokeToken: RevokeToken;
  metrics: Metrics;
}

/** `POST /service/revoke`: RFC 7009, and cut-offs. Success is 200 without a body, also for an unknown token. */
export function revocationEndpoint(collaborators: RevocationCollaborators): Endpoint {
  const { callers, requiredScope, revokeToken, metrics } = collaborators;
  const count = countOutcomes(metrics, {
    name: 'revocations_total',
    help: 'Revocation requests, by what was revoked or why not',
    outcomes: ['token', 'grant', 'subject', 'client', 'actor', 'unknown'],
  });

  const revoke = async ({ authorization, form, address, context }: EndpointRequest): Promise<Answered> => {
    const caller = await callers.authenticate({ authorization, form: callerForm(form), address }, requiredScope);
    const request = parseRevocationRequest(form);
    const { outcome, tokenId } = await revokeToken(request, caller);
    context.log.info('revoked', { client: caller.clientId, outcome, tokenId, ...logFields(request) });
    return { outcome, response: { status: 200 } };
  };

  return { method: 'POST', paths: PATHS, handle: (request) => count(request, revoke) };
}

function logFields(request: RevocationRequest): LogFields {
  if (request.kind === 'token') return {};
  if (request.kind === 'client') return { subject: request.clientId };
  const { iss, sub } = request.identity;
  return { [request.kind]: sub, issuer: iss };
}
