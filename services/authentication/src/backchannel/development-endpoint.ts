import type { BackchannelRequestStore } from '@mandate/delegations';
import { type Form, OAuthError, requiredParameter, singleParameter } from '@mandate/oauth';
import type { Clock } from '@mandate/ports';
import type { Endpoint, EndpointRequest, EndpointResponse } from '@mandate/service-kit';
import type { DecideRequest } from './decide-request.js';
import { decisionIdOf } from './decision-id.js';

export const DEVELOPMENT_DECISION_PATH = '/development/bc-decision';

const WORDS: Readonly<Record<string, boolean>> = { true: true, allow: true, false: false, deny: false };

export interface DevelopmentDecisionOptions {
  requests: BackchannelRequestStore;
  decide: DecideRequest;
  clock: Clock;
}

/**
 * Answers for the person who was asked, with no proof of anything: a link for a developer, a URL or a form for scripts.
 * `request` is what the terminal shows; `auth_req_id` serves instead, for a client that is tested.
 */
export function developmentDecisionEndpoints({ requests, decide, clock }: DevelopmentDecisionOptions): Endpoint[] {
  const take = async (parameters: Form, context: EndpointRequest['context']): Promise<EndpointResponse> => {
    const approve = WORDS[requiredParameter(parameters, 'approve')];
    if (approve === undefined) throw new OAuthError('invalid_request', 'Parameter approve is not true or false');
    const request = requestOf(parameters);
    const { sub } = (await requests.findByDecisionId(request)) ?? {};
    if (sub === undefined) throw new OAuthError('invalid_request', 'There is no such request', { status: 404 });
    const answer = { approve, sub };
    await decide(request, { ...answer, authTime: clock() }, context);
    return { body: { request, ...answer } };
  };
  const paths = [DEVELOPMENT_DECISION_PATH];
  return [
    { method: 'GET', paths, handle: ({ query, context }) => take(query(), context) },
    {
      method: 'POST',
      paths,
      handle: ({ query, form, context }) => take(form.size > 0 ? form : query(), context),
    },
  ];
}

function requestOf(parameters: Form): string {
  const authReqId = singleParameter(parameters, 'auth_req_id');
  return authReqId === undefined ? requiredParameter(parameters, 'request') : decisionIdOf(authReqId);
}
