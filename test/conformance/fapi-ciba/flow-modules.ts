import { expect } from '@jest/globals';
import { expectAsked, expectError, expectResource, expectSameIdToken, expectTokens } from './conditions.js';
import {
  type Module,
  authorize,
  callAutomatedEndpoint,
  callResource,
  configure,
  expectPendingOrSlowDown,
  expectPendingTwice,
  requestProtectedResource,
} from './flow.js';
import type { Plan, PlanClient } from './plan-world.js';
import { type RequestChanges, callBackchannel, callRefresh, callToken, discover } from './suite-requests.js';

/** A module whose request is as it is and succeeds, to the resource. */
const succeeds = (module: string, changes: RequestChanges = {}): Module => ({
  module,
  run: async (plan) => requestProtectedResource(plan, plan.first, await authorize(plan, plan.first, changes)),
});

/** `SetPlainJson-`, `SetPermissiveAcceptHeaderForResourceEndpointRequest`. */
const ACCEPTED = ['application/json', 'application/json, application/*+json, */*'];

/** `FAPICIBAID1`: two clients, and what one of them has is nothing to the other. */
async function twoClients(plan: Plan): Promise<void> {
  const { first, second, config } = plan;
  const { issuer, token_endpoint: tokenEndpoint } = await discover(plan);
  const ofFirst = await authorize(plan, first, { assertion: { claims: { aud: issuer } } });
  await requestProtectedResource(plan, first, ofFirst);
  // DisallowAccessTokenInQuery
  const inQuery = await plan.send(`${config.resource.resourceUrl}?access_token=${ofFirst.accessToken}`, first);
  expect([400, 401, 414]).toContain(inQuery.status);
  for (const Accept of ACCEPTED) {
    const headers = { Accept, 'x-fapi-customer-ip-address': '2001:db8::1893:25c8:1946' };
    expectResource(await callResource(plan, first, ofFirst.accessToken, headers));
  }

  const asked = await callBackchannel(plan, second, {
    parameters: { requested_expiry: 300 },
    header: { typ: 'OautH-auThZ-REQ+jWt' },
    assertion: { claims: { aud: tokenEndpoint } },
  });
  const authReqId = expectAsked(asked);
  expect(asked.body['expires_in']).toBe(300);
  await expectPendingTwice(plan, second, authReqId);
  await callAutomatedEndpoint(plan, authReqId, 'allow');
  plan.wait(5);
  const ofSecond = await expectTokens(plan, second, await callToken(plan, second, authReqId), await discover(plan));
  await requestProtectedResource(plan, second, ofSecond);
  // CallProtectedResourceWithBearerTokenExpectingError: the second client's token, the first one's certificate
  expect(await callResource(plan, first, ofSecond.accessToken)).toMatchObject({
    status: 401,
    body: { error: 'invalid_token' },
  });
  // CheckErrorFromTokenEndpointResponseErrorInvalidGrant
  expectError(await callToken(plan, second, authReqId), ['invalid_grant']);
}

/** `FAPICIBAID1RefreshToken`. */
async function refreshTokens(plan: Plan): Promise<void> {
  const { first, second } = plan;
  await refresh(plan, first, { scope: first.scope });
  const ofSecond = await refresh(plan, second, {});
  // RefreshTokenRequestExpectingErrorSteps
  const asFirst = await callRefresh(plan, first, { refresh_token: ofSecond, scope: first.scope });
  expectError(asFirst, ['invalid_grant']);
}

/** `RefreshTokenRequestSteps`; the refresh token that is good from then on. */
async function refresh(plan: Plan, client: PlanClient, more: Record<string, string>): Promise<string> {
  const { issuer, token_endpoint: tokenEndpoint } = await discover(plan);
  const aud = client.id === plan.first.id ? issuer : tokenEndpoint;
  const granted = await authorize(plan, client, { assertion: { claims: { aud } } });
  plan.wait(1);
  const answer = await callRefresh(plan, client, { refresh_token: granted.refreshToken, ...more });
  const refreshed = await expectTokens(plan, client, answer, await discover(plan));
  // EnsureAccessTokenValuesAreDifferent
  expect(refreshed.accessToken).not.toBe(granted.accessToken);
  expectSameIdToken(granted.idToken, refreshed.idToken);
  await requestProtectedResource(plan, client, refreshed);
  return refreshed.refreshToken;
}

/** The modules of clients that behave well. */
export const flowModules: Module[] = [
  { module: 'fapi-ciba-id1-discovery-end-point-verification', run: configure },
  { module: 'fapi-ciba-id1', run: twoClients },
  {
    module: 'fapi-ciba-id1-user-rejects-authentication',
    async run(plan) {
      const authReqId = expectAsked(await callBackchannel(plan, plan.first));
      await expectPendingTwice(plan, plan.first, authReqId);
      await callAutomatedEndpoint(plan, authReqId, 'deny');
      plan.wait(5);
      // ExpectAccessDeniedErrorFromTokenEndpointDueToUserRejectingRequest
      expectError(await callToken(plan, plan.first, authReqId), ['access_denied']);
    },
  },
  {
    module: 'fapi-ciba-id1-multiple-call-to-token-endpoint',
    async run(plan) {
      const authReqId = expectAsked(await callBackchannel(plan, plan.first));
      for (let calls = 0; calls < 22; calls += 1) expectPendingOrSlowDown(await callToken(plan, plan.first, authReqId));
    },
  },
  {
    module: 'fapi-ciba-id1-auth-req-id-expired',
    async run(plan) {
      const asked = await callBackchannel(plan, plan.first, { parameters: { requested_expiry: '30' } });
      const authReqId = expectAsked(asked);
      await expectPendingTwice(plan, plan.first, authReqId);
      // SleepUntilAuthReqExpires
      plan.wait(Number(asked.body['expires_in']));
      // ExpectExpiredTokenErrorFromTokenEndpoint
      expectError(await callToken(plan, plan.first, authReqId), ['expired_token']);
    },
  },
  succeeds('fapi-ciba-id1-ensure-authorization-request-with-binding-message-succeeds'),
  succeeds('fapi-ciba-id1-ensure-other-scope-order-succeeds', { parameters: { scope: 'delegations:own openid' } }),
  succeeds('fapi-ciba-id1-ensure-requested-expiry-as-string-succeeds', { parameters: { requested_expiry: '30' } }),
  { module: 'fapi-ciba-id1-refresh-token', run: refreshTokens },
];
