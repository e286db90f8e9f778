import { type Caller, type CallerAuthentication, clientFields } from '@mandate/clients';
import type { JsonObject, Metrics } from '@mandate/ports';
import { type CountedResponse, type Endpoint, type EndpointRequest, createOutcomeCounter } from '@mandate/service-kit';
import type { Introspection } from '@mandate/token';
import type { IntrospectToken } from './introspect-token.js';
import { type IntrospectionRequest, parseIntrospectionRequest } from './introspection-request.js';
import type { RenderIntrospection } from './introspection-response.js';
import { mayIntrospect } from './may-introspect.js';

const PATHS = ['/oauth2/introspect', '/service/introspect'];

export interface IntrospectionCollaborators {
  callers: CallerAuthentication;
  requiredScope: string;
  introspectToken: IntrospectToken;
  render: RenderIntrospection;
  metrics: Metrics;
  /** The algorithm of signed answers, where there are any. */
  signingAlgorithm: string | undefined;
}

/** `POST /service/introspect`: RFC 7662, and RFC 9701 where signed answers are asked for. */
export function introspectionEndpoint(collaborators: IntrospectionCollaborators): Endpoint {
  const { callers, requiredScope, render, metrics, signingAlgorithm } = collaborators;
  const count = createOutcomeCounter(metrics, {
    name: 'introspectRequests_total',
    help: 'Introspection requests, by outcome (IMS name)',
    labels: {},
    outcomes: ['active', 'inactive'],
  });

  const introspect = async (request: EndpointRequest): Promise<CountedResponse> => {
    const { form, context } = request;
    const caller = await callers.authenticate(request, requiredScope);
    const question = parseIntrospectionRequest(form);
    const answer = await answerFor(caller, question, collaborators);
    context.log.info('token introspected', logFields(caller, answer));
    const response = await render(answer, { accept: request.header('accept'), clientId: caller.clientId });
    return { outcome: answer.outcome === 'active' ? 'active' : 'inactive', response };
  };

  return {
    method: 'POST',
    paths: PATHS,
    metadata: {
      name: 'introspection',
      authentication: callers.supported,
      members: signedAnswersMetadata(signingAlgorithm),
    },
    handle: (request) => count({}, () => introspect(request)),
  };
}

/** RFC 9701 section 7. */
function signedAnswersMetadata(algorithm: string | undefined): JsonObject {
  return algorithm === undefined ? {} : { introspection_signing_alg_values_supported: [algorithm] };
}

/** A token for others is inactive to this caller, as if it did not exist (RFC 7662 section 4). */
async function answerFor(
  caller: Caller,
  question: IntrospectionRequest,
  { introspectToken }: IntrospectionCollaborators,
): Promise<VisibleIntrospection> {
  const answer = await introspectToken(question);
  if (answer.outcome !== 'active' || mayIntrospect(caller, answer.claims)) return answer;
  return { outcome: 'inactive', hidden: true };
}

type VisibleIntrospection = Introspection & { hidden?: true };

function logFields(caller: Caller, answer: VisibleIntrospection): Record<string, string | undefined> {
  const { outcome } = answer;
  const who = clientFields(caller);
  if (outcome === 'active') return { ...who, outcome, tokenId: answer.token?.id };
  const reason = outcome === 'inactive' ? answer.reason : outcome;
  return { ...who, outcome: 'inactive', reason: answer.hidden ? 'caller_not_in_audience' : reason };
}
