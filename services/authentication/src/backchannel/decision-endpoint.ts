import * as z from 'zod';
import type { CallerAuthentication } from '@mandate/clients';
import type { BackchannelDecision } from '@mandate/delegations';
import { OAuthError } from '@mandate/oauth';
import type { Clock, JsonObject, Metrics } from '@mandate/ports';
import { type CountedResponse, type Endpoint, type EndpointRequest, createOutcomeCounter } from '@mandate/service-kit';
import { checkOwnClient, checkOwnToken } from '../delegations/own-token.js';
import type { DecideRequest } from './decide-request.js';

const PATHS = ['/service/bc-decision'];
const SKEW_SECONDS = 30;

const text = z.string().min(1).max(256);
const decisionBody = z.strictObject({
  request: text,
  approve: z.boolean(),
  sub: text,
  acr: text.optional(),
  amr: z.array(text).max(16).optional(),
  auth_time: z.int().nonnegative().optional(),
});

export interface DecisionCollaborators {
  /** The operator's app. */
  callers: CallerAuthentication;
  requiredScope: string;
  decide: DecideRequest;
  clock: Clock;
  metrics: Metrics;
}

/** `POST /service/bc-decision`: what a person answered, by the app that asked them. 200 without a body, once. */
export function decisionEndpoint({ callers, requiredScope, decide, clock, metrics }: DecisionCollaborators): Endpoint {
  const count = createOutcomeCounter(metrics, {
    name: 'backchannel_decisions_total',
    help: 'Answers of people who were asked, by what they are or why they do not count',
    labels: {},
    outcomes: ['approved', 'denied'],
  });
  const take = async (request: EndpointRequest): Promise<CountedResponse> => {
    const caller = await callers.authenticate(request, requiredScope);
    checkOwnClient(caller);
    checkOwnToken(caller);
    const { clientId } = caller;
    const { request: name, ...decision } = readDecision(request.json, clock());
    await decide(name, decision, request.context);
    const outcome = decision.approve ? 'approved' : 'denied';
    request.context.log.info('person has answered', { client: clientId, subject: decision.sub, outcome });
    return { outcome, response: { status: 200 } };
  };
  return { method: 'POST', accepts: 'json', paths: PATHS, handle: (request) => count({}, () => take(request)) };
}

/** An answer that does not say when the person proved who they are means now. */
function readDecision(body: JsonObject | undefined, now: number): BackchannelDecision & { request: string } {
  const result = decisionBody.safeParse(body);
  if (!result.success) {
    const members = [...new Set(result.error.issues.map(({ path, code }) => path.join('.') || code))].join(', ');
    throw new OAuthError('invalid_request', `The decision is not acceptable: ${members}`);
  }
  const { request, approve, sub, acr, amr, auth_time: authTime = now } = result.data;
  if (authTime > now + SKEW_SECONDS) throw new OAuthError('invalid_request', 'Member auth_time is not over yet');
  return { request, approve, sub, authTime, ...(acr !== undefined && { acr }), ...(amr !== undefined && { amr }) };
}
