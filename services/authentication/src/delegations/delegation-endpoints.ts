import { randomUUID } from 'node:crypto';
import type { CallerAuthentication } from '@mandate/clients';
import type { Delegation, DelegationQuery, DelegationStore } from '@mandate/delegations';
import { type Form, OAuthError, singleParameter } from '@mandate/oauth';
import type { Metrics } from '@mandate/ports';
import { type CountedResponse, type Endpoint, type EndpointRequest, createOutcomeCounter } from '@mandate/service-kit';
import { type DelegationScopes, type DelegationViewer, authenticateViewer } from './delegation-viewer.js';
import type { EndDelegation } from './end-delegation.js';
import { renderDelegation } from './render-delegation.js';

const PATH = '/service/delegations';
const ONE = `${PATH}/{id}`;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export interface DelegationCollaborators {
  callers: CallerAuthentication;
  requiredScopes: DelegationScopes;
  delegations: DelegationStore;
  /** The issuer that our own clients are named by. */
  clientIssuer: string;
  endDelegation: EndDelegation;
  metrics: Metrics;
}

/** `GET /service/delegations`, and `GET` and `DELETE` of one of them: what people agreed to, to be seen and ended. */
export function delegationEndpoints(collaborators: DelegationCollaborators): Endpoint[] {
  const { callers, requiredScopes, delegations, clientIssuer, endDelegation, metrics } = collaborators;
  const count = createOutcomeCounter(metrics, {
    name: 'delegation_requests_total',
    help: 'Requests to see or end delegations, by what came of them',
    labels: {},
    outcomes: ['listed', 'found', 'ended'],
  });
  const endpoint = (
    method: 'GET' | 'DELETE',
    path: string,
    answer: (request: EndpointRequest, viewer: DelegationViewer) => Promise<CountedResponse>,
  ): Endpoint => ({
    method,
    paths: [path],
    handle: async (request) => {
      const response = await count({}, async () =>
        answer(request, await authenticateViewer(request, callers, requiredScopes)),
      );
      return { ...response, headers: { 'X-FAPI-Interaction-ID': interactionId(request) } };
    },
  });
  const find = async ({ segment = '' }: EndpointRequest, viewer: DelegationViewer): Promise<Delegation> => {
    const delegation = await delegations.find(segment);
    if (delegation !== undefined && viewer.maySee(delegation)) return delegation;
    throw new OAuthError('invalid_request', 'There is no such delegation', { status: 404 });
  };

  return [
    endpoint('GET', PATH, async (request, viewer) => {
      const parameters = request.query();
      const cursor = singleParameter(parameters, 'cursor');
      const page = await delegations.list(viewer.query(parseQuery(parameters, clientIssuer)), { cursor });
      const body = { ...page, delegations: page.delegations.map(renderDelegation) };
      return { outcome: 'listed', response: { body } };
    }),
    endpoint('GET', ONE, async (request, viewer) => {
      return { outcome: 'found', response: { body: renderDelegation(await find(request, viewer)) } };
    }),
    endpoint('DELETE', ONE, async (request, viewer) => {
      const { id } = await find(request, viewer);
      await endDelegation(id, viewer.person === undefined ? 'ended_by_client' : 'ended_by_subject', request.context);
      request.context.log.info('delegation ended', { ...viewer.client, subject: viewer.person?.sub });
      return { outcome: 'ended', response: { status: 204 } };
    }),
  ];
}

/** What a request is called by both sides (FAPI 1.0 part 1 section 6.2.1): as its sender calls it, or by a name of ours. */
function interactionId(request: EndpointRequest): string {
  const id = request.header('X-FAPI-Interaction-ID') ?? '';
  return UUID.test(id) ? id : randomUUID();
}

/** Whose delegations are asked for; `undefined`: nobody is named. A client without an issuer is one of our own. */
function parseQuery(parameters: Form, ownClients: string): DelegationQuery | undefined {
  const [subject, actor, clientId, iss] = ['subject', 'actor', 'client', 'issuer'].map((name) =>
    singleParameter(parameters, name),
  );
  const names = [subject, actor, clientId].filter((name) => name !== undefined);
  if (names.length > 1) throw new OAuthError('invalid_request', 'Name one of subject, actor and client');
  if (iss !== undefined && names.length === 0) {
    throw new OAuthError('invalid_request', 'Parameter issuer is only for a subject, an actor or a client');
  }
  if (subject !== undefined) return { subject: { sub: subject, iss } };
  if (actor !== undefined) return { actor: { sub: actor, iss } };
  if (clientId === undefined) return undefined;
  return iss === undefined || iss === ownClients ? { clientId } : { clientId, clientIssuer: iss };
}
