import { randomUUID } from 'node:crypto';
import {
  type Tokens,
  expectAsked,
  expectDiscovery,
  expectError,
  expectResource,
  expectServerKeys,
  expectTokens,
} from './conditions.js';
import type { Plan, PlanAnswer, PlanClient, Suite } from './plan-world.js';
import { type RequestChanges, callBackchannel, callToken, discover } from './suite-requests.js';

/** One module of the plan: its name there, and what it does. */
export interface Module {
  module: string;
  run: (plan: Plan) => Promise<void>;
}

/** `AbstractFAPICIBAID1.configure`, which every module begins with. */
export async function configure(plan: Plan): Promise<void> {
  const { send, config } = plan;
  expectDiscovery(await send(config.server.discoveryUrl), plan);
  const { jwks_uri: jwksUri } = await discover(plan);
  expectServerKeys(await send(jwksUri));
}

/** `performAuthorizationFlow` of a module that changes no more than the request: to the tokens. */
export async function authorize(client: PlanClient, changes: RequestChanges = {}): Promise<Tokens> {
  const authReqId = expectAsked(await callBackchannel(client, changes));
  await expectPendingTwice(client, authReqId);
  await callAutomatedEndpoint(client.suite, authReqId, 'allow');
  return fetchTokens(client, authReqId);
}

/** `callTokenEndpointBeforeAuthenticationAndReturnDelay`. */
export async function expectPendingTwice(client: PlanClient, authReqId: string): Promise<void> {
  expectPendingOrSlowDown(await callToken(client, authReqId));
  client.suite.wait(5);
  expectPendingOrSlowDown(await callToken(client, authReqId));
}

/** `verifyTokenEndpointResponseIsPendingOrSlowDown`. */
export function expectPendingOrSlowDown(answer: PlanAnswer): void {
  expectError(answer, ['authorization_pending', 'slow_down']);
}

/** `CallAutomatedCibaApprovalEndpoint`: a POST without a body. */
export async function callAutomatedEndpoint(
  { config, send }: Suite,
  authReqId: string,
  action: 'allow' | 'deny',
): Promise<void> {
  const url = config.automated_ciba_approval_url.replace('{auth_req_id}', authReqId).replace('{action}', action);
  const { status } = await send(url, { method: 'POST', headers: { Accept: 'application/json' } });
  if (status !== 200) throw new Error(`the automated approval answered ${status}`);
}

/** `waitForPollingAuthenticationToComplete`, once the person has agreed. */
export async function fetchTokens(client: PlanClient, authReqId: string): Promise<Tokens> {
  client.suite.wait(5);
  return expectTokens(client, await callToken(client, authReqId));
}

/** `CallProtectedResource` and its kin, with the certificate of this client. */
export function callResource(
  { suite, certificate }: PlanClient,
  accessToken: string,
  headers: Record<string, string> = {},
): Promise<PlanAnswer> {
  return suite.send(suite.config.resource.resourceUrl, {
    headers: { Authorization: `Bearer ${accessToken}`, ...headers },
    certificate,
  });
}

/** `requestProtectedResource`: the first client names its requests. */
export async function requestProtectedResource(client: PlanClient, { accessToken }: Tokens): Promise<void> {
  const isFirst = client.id === client.suite.config.client.client_id;
  const interactionId = isFirst ? randomUUID() : undefined;
  const headers =
    interactionId === undefined
      ? {}
      : { 'x-fapi-auth-date': new Date().toUTCString(), 'x-fapi-interaction-id': interactionId };
  expectResource(await callResource(client, accessToken, headers), interactionId);
}
