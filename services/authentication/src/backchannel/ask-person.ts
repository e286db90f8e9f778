import type { Client } from '@mandate/clients';
import {
  type AuthenticationDevice,
  type BackchannelRequest,
  type BackchannelRequestStore,
  type DeviceContext,
  type DeviceQuestion,
  createOpaqueIdentifier,
  digestOf,
} from '@mandate/delegations';
import { OAuthError } from '@mandate/oauth';
import type { Clock } from '@mandate/ports';
import type { DelegationLog } from '../delegations/delegation-log.js';
import type { AuthenticationRequest } from './authentication-request.js';
import type { CheckIssuable } from './check-issuable.js';
import { decisionIdOf } from './decision-id.js';
import type { FindPerson } from './find-person.js';
import type { LimitAsking } from './limit-asking.js';

export interface AskPersonOptions {
  checkIssuable: CheckIssuable;
  limitAsking: LimitAsking;
  findPerson: FindPerson;
  requests: BackchannelRequestStore;
  device: AuthenticationDevice;
  log: DelegationLog;
  clock: Clock;
  /** How long a request waits that does not say it itself, in seconds. */
  expirySeconds: number;
  /** Places of one person for requests without a yes; at most half of them, rounded up, are of one client. */
  maxOpen: number;
}

/** What the client is told of its request, and `request` of what is kept. */
export interface OpenRequest {
  authReqId: string;
  request: BackchannelRequest;
}

/** Who asks what. */
export interface Asking {
  client: Client;
  parameters: AuthenticationRequest;
  context: DeviceContext;
}

/**
 * Asks a person. One we do not know is asked nothing and never answers; the client is told the same, as late.
 * @throws OAuthError for what cannot become tokens, a hint that is not acceptable, and `slow_down` (429) while the person has
 * been asked too often, or the client asks too often.
 * @throws UpstreamError when the person cannot be reached: nothing is kept then.
 */
export type AskPerson = (asking: Asking) => Promise<OpenRequest>;

/** OpenID CIBA Core section 7.3: seconds between two polls. */
const INTERVAL_SECONDS = 5;

export function createAskPerson(options: AskPersonOptions): AskPerson {
  const { checkIssuable, limitAsking, findPerson, requests, device, log, clock, expirySeconds, maxOpen } = options;
  const limits = { maxOpen, maxOpenOfClient: Math.ceil(maxOpen / 2) };
  return async ({ client, parameters, context }) => {
    const { clientId } = client;
    const { agreement, requestedExpiry = expirySeconds } = parameters;
    await checkIssuable(client, parameters);
    await limitAsking(clientId);
    const { person, sub } = await findPerson(parameters.hint, clientId);
    const authReqId = createOpaqueIdentifier();
    const now = clock();
    const request: BackchannelRequest = {
      id: digestOf(authReqId),
      decisionId: decisionIdOf(authReqId),
      clientId,
      person,
      scopes: parameters.scopes,
      resources: parameters.resources,
      created: now,
      // a yes that came after what is agreed to is over would be to nothing
      expiresAt: Math.min(now + requestedExpiry, agreement?.until ?? Infinity),
      interval: INTERVAL_SECONDS,
      ...(sub !== undefined && { sub }),
      ...(agreement !== undefined && { agreement }),
      ...(parameters.bindingMessage !== undefined && { bindingMessage: parameters.bindingMessage }),
      ...(parameters.notificationToken !== undefined && { notificationToken: parameters.notificationToken, authReqId }),
    };
    const outcome = await requests.add(request, limits);
    if (outcome.kind === 'too_many') throw tooMany(outcome.freeAt - now);
    try {
      // first: nobody's phone rings for what is not written down
      await log.question(request, context);
      await device.ask(questionOf(request, parameters.acrValues), context);
    } catch (error) {
      await requests.remove(request.decisionId);
      throw error;
    }
    return { authReqId, request };
  };
}

function questionOf(request: BackchannelRequest, acrValues: readonly string[]): DeviceQuestion {
  const { decisionId, sub, clientId, scopes, resources, agreement, bindingMessage, expiresAt } = request;
  return {
    request: decisionId,
    clientId,
    scopes,
    resources,
    acrValues,
    expiresAt,
    ...(sub !== undefined && { sub }),
    ...(agreement !== undefined && { agreement }),
    ...(bindingMessage !== undefined && { bindingMessage }),
  };
}

/** Nobody's phone is flooded. A no and no answer are told alike: whether a hint names anybody does not show. */
function tooMany(seconds: number): OAuthError {
  return new OAuthError('slow_down', 'This person has been asked too often: ask again after Retry-After seconds', {
    status: 429,
    headers: { 'Retry-After': String(seconds) },
  });
}
