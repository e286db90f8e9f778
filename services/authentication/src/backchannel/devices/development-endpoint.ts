import type { BackchannelRequestStore } from '@mandate/delegations';
import { type Form, OAuthError, requiredParameter, singleParameter } from '@mandate/oauth';
import type { Clock } from '@mandate/ports';
import type { Endpoint, EndpointRequest, EndpointResponse } from '@mandate/service-kit';
import type { DecideRequest } from '../decide-request.js';
import { decisionIdOf } from '../decision-id.js';
import type { OpenQuestions } from './open-questions.js';

export const DEVELOPMENT_DECISION_PATH = '/development/bc-decision';

const WORDS: Readonly<Record<string, boolean>> = { true: true, allow: true, false: false, deny: false };

export interface DevelopmentDecisionOptions {
  requests: BackchannelRequestStore;
  decide: DecideRequest;
  /** Those of this process. */
  questions: OpenQuestions;
  clock: Clock;
}

/**
 * Answers for the person who was asked, with no proof of anything: a link for a developer, a URL or a form for scripts.
 * `sub` answers all that waits for the person; `request` is one question, as the terminal shows it, and `auth_req_id` the
 * same for a client that is tested.
 */
export function developmentDecisionEndpoints(options: DevelopmentDecisionOptions): Endpoint[] {
  const { requests, decide, clock } = options;
  const take = async (parameters: Form, context: EndpointRequest['context']): Promise<EndpointResponse> => {
    const approve = WORDS[requiredParameter(parameters, 'approve')];
    if (approve === undefined) throw new OAuthError('invalid_request', 'Parameter approve is not true or false');
    const answers = [];
    for (const request of requestsOf(parameters, options)) {
      const { sub } = (await requests.findByDecisionId(request)) ?? {};
      if (sub === undefined) throw notFound('There is no such request');
      await decide(request, { approve, sub, authTime: clock() }, context);
      answers.push({ request, approve, sub });
    }
    return { body: { answered: answers } };
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

/** Which are answered, by the names that the store has for them. */
function requestsOf(parameters: Form, { questions }: DevelopmentDecisionOptions): string[] {
  const sub = singleParameter(parameters, 'sub');
  if (sub !== undefined) {
    const waiting = questions.take((question) => question.sub === sub);
    if (waiting.length === 0) throw notFound('This person is asked nothing');
    return waiting;
  }
  const authReqId = singleParameter(parameters, 'auth_req_id');
  const request = authReqId === undefined ? requiredParameter(parameters, 'request') : decisionIdOf(authReqId);
  questions.take((question) => question.request === request);
  return [request];
}

function notFound(description: string): OAuthError {
  return new OAuthError('invalid_request', description, { status: 404 });
}
