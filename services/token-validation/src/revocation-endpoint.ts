import type { Metrics } from '@mandate/ports';
import { type CallerAuthentication, clientFields } from '@mandate/clients';
import {
  type CountedResponse,
  type Endpoint,
  type EndpointRequest,
  type LogFields,
  createOutcomeCounter,
} from '@mandate/service-kit';
import { type RevocationRequest, callerForm, parseRevocationRequest } from './revocation-request.js';
import type { RevokeToken } from './revoke-token.js';

const PATHS = ['/oauth2/revoke', '/service/revoke'];

export interface RevocationCollaborators {
  callers: CallerAuthentication;
  requiredScope: string;
  revokeToken: RevokeToken;
  metrics: Metrics;
}

/** `POST /service/revoke`: RFC 7009, and cut-offs. Success is 200 without a body, also for an unknown token. */
export function revocationEndpoint(collaborators: RevocationCollaborators): Endpoint {
  const { callers, requiredScope, revokeToken, metrics } = collaborators;
  const count = createOutcomeCounter(metrics, {
    name: 'revocations_total',
    help: 'Revocation requests, by what was revoked or why not',
    labels: {},
    outcomes: ['token', 'grant', 'subject', 'client', 'actor', 'unknown'],
  });

  const revoke = async ({ form, context, ...sender }: EndpointRequest): Promise<CountedResponse> => {
    const caller = await callers.authenticate({ ...sender, form: callerForm(form) }, requiredScope);
    const request = parseRevocationRequest(form);
    const { outcome, tokenId } = await revokeToken(request, caller);
    context.log.info('revoked', { ...clientFields(caller), outcome, tokenId, ...logFields(request) });
    return { outcome, response: { status: 200 } };
  };

  return {
    method: 'POST',
    paths: PATHS,
    metadata: { name: 'revocation', authentication: callers.supported },
    handle: (request) => count({}, () => revoke(request)),
  };
}

function logFields(request: RevocationRequest): LogFields {
  if (request.kind === 'token') return {};
  if (request.kind === 'client') return { subject: request.clientId };
  const { iss, sub } = request.identity;
  return { [request.kind]: sub, issuer: iss };
}
