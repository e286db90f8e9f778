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
import type { Plan, PlanAnswer, PlanClient } from './plan-world.js';
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

/** `performAuthorizationFlow` of a module that changes no more than the request: to the tokens and the resource. */
export async function authorize(plan: Plan, client: PlanClient, changes: RequestChanges = {}): Promise<Tokens> {
  const authReqId = expectAsked(await callBackchannel(plan, client, changes));
  await expectPendingTwice(plan, client, authReqId);
  await callAutomatedEndpoint(plan, authReqId, 'allow');
  return fetchTokens(plan, client, authReqId);
}

/** `callTokenEndpointBeforeAuthenticationAndReturnDelay`. */
export async function expectPendingTwice(plan: Plan, client: PlanClient, authReqId: string): Promise<void> {
  expectPendingOrSlowDown(await callToken(plan, client, authReqId));
  plan.wait(5);
  expectPendingOrSlowDown(await callToken(plan, client, authReqId));
}

/** `verifyTokenEndpointResponseIsPendingOrSlowDown`. */
export function expectPendingOrSlowDown(answer: PlanAnswer): void {
  expectError(answer, ['authorization_pending', 'slow_down']);
}

/** `CallAutomatedCibaApprovalEndpoint`: a POST without a body. */
export async function callAutomatedEndpoint(plan: Plan, authReqId: string, action: 'allow' | 'deny'): Promise<void> {
  const url = plan.config.automated_ciba_approval_url.replace('{auth_req_id}', authReqId).replace('{action}', action);
  const { status } = await plan.send(url, { method: 'POST', headers: { Accept: 'application/json' } });
  if (status !== 200) throw new Error(`the automated approval answered ${status}`);
}

/** `waitForPollingAuthenticationToComplete`, once the person has agreed. */
export async function fetchTokens(plan: Plan, client: PlanClient, authReqId: string): Promise<Tokens> {
  plan.wait(5);
  return expectTokens(plan, client, await callToken(plan, client, authReqId), await discover(plan));
}

/** `CallProtectedResource` and its kin. `certificate`: of whom, if not of the client. */
export function callResource(
  plan: Plan,
  { certificate }: Pick<PlanClient, 'certificate'>,
  accessToken: string,
  headers: Record<string, string> = {},
): Promise<PlanAnswer> {
  return plan.send(plan.config.resource.resourceUrl, {
    headers: { Authorization: `Bearer ${accessToken}`, ...headers },
    certificate,
  });
}

/** `requestProtectedResource`: the first client names its requests. */
export async function requestProtectedResource(plan: Plan, client: PlanClient, { accessToken }: Tokens): Promise<void> {
  if (client.id !== plan.first.id) return expectResource(await callResource(plan, client, accessToken));
  const interactionId = randomUUID();
  const headers = { 'x-fapi-auth-date': new Date().toUTCString(), 'x-fapi-interaction-id': interactionId };
  expectResource(await callResource(plan, client, accessToken, headers), interactionId);
}
