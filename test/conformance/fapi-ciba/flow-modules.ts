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
  fetchTokens,
  requestProtectedResource,
} from './flow.js';
import type { Plan, PlanClient } from './plan-world.js';
import { type RequestChanges, callBackchannel, callRefresh, callToken, discover } from './suite-requests.js';

/** A module whose request is as it is and succeeds, to the resource. */
const succeeds = (module: string, changes: RequestChanges = {}): Module => ({
  module,
  run: async ({ first }) => requestProtectedResource(first, await authorize(first, changes)),
});

/** `SetPlainJson-`, `SetPermissiveAcceptHeaderForResourceEndpointRequest`. */
const ACCEPTED = ['application/json', 'application/json, application/*+json, */*'];

/** `FAPICIBAID1`: two clients, and what one of them has is nothing to the other. */
async function twoClients(plan: Plan): Promise<void> {
  const { first, second, config } = plan;
  const { issuer, token_endpoint: tokenEndpoint } = await discover(plan);
  const ofFirst = await authorize(first, { assertion: { claims: { aud: issuer } } });
  await requestProtectedResource(first, ofFirst);
  // DisallowAccessTokenInQuery
  const { certificate } = first;
  const inQuery = await plan.send(`${config.resource.resourceUrl}?access_token=${ofFirst.accessToken}`, {
    certificate,
  });
  expect([400, 401, 414]).toContain(inQuery.status);
  for (const Accept of ACCEPTED) {
    const headers = { Accept, 'x-fapi-customer-ip-address': '2001:db8::1893:25c8:1946' };
    expectResource(await callResource(first, ofFirst.accessToken, headers));
  }

  const acknowledgement = await callBackchannel(second, {
    parameters: { requested_expiry: 300 },
    header: { typ: 'OautH-auThZ-REQ+jWt' },
    assertion: { claims: { aud: tokenEndpoint } },
  });
  const authReqId = expectAsked(acknowledgement);
  expect(acknowledgement.body['expires_in']).toBe(300);
  await expectPendingTwice(second, authReqId);
  await callAutomatedEndpoint(plan, authReqId, 'allow');
  const ofSecond = await fetchTokens(second, authReqId);
  await requestProtectedResource(second, ofSecond);
  // CallProtectedResourceWithBearerTokenExpectingError: the second client's token, the first one's certificate
  const refusal = await callResource(first, ofSecond.accessToken);
  expect(refusal).toMatchObject({ status: 401, body: { error: 'invalid_token' } });
  // CheckErrorFromTokenEndpointResponseErrorInvalidGrant
  expectError(await callToken(second, authReqId), ['invalid_grant']);
}

/** `FAPICIBAID1RefreshToken`. */
async function refreshTokens(plan: Plan): Promise<void> {
  const { first, second } = plan;
  const { issuer, token_endpoint: tokenEndpoint } = await discover(plan);
  await refresh(first, issuer, { scope: first.scope });
  const ofSecond = await refresh(second, tokenEndpoint, {});
  // RefreshTokenRequestExpectingErrorSteps
  const asFirst = await callRefresh(first, { refresh_token: ofSecond, scope: first.scope });
  expectError(asFirst, ['invalid_grant']);
}

/** `RefreshTokenRequestSteps`; the refresh token that is good from then on. */
async function refresh(client: PlanClient, aud: string, parameters: Record<string, string>): Promise<string> {
  const tokens = await authorize(client, { assertion: { claims: { aud } } });
  client.suite.wait(1);
  const answer = await callRefresh(client, { refresh_token: tokens.refreshToken, ...parameters });
  const newTokens = await expectTokens(client, answer);
  // EnsureAccessTokenValuesAreDifferent
  expect(newTokens.accessToken).not.toBe(tokens.accessToken);
  expectSameIdToken(tokens.idToken, newTokens.idToken);
  await requestProtectedResource(client, newTokens);
  return newTokens.refreshToken;
}

/** The modules of clients that behave well. */
export const flowModules: Module[] = [
  { module: 'fapi-ciba-id1-discovery-end-point-verification', run: configure },
  { module: 'fapi-ciba-id1', run: twoClients },
  {
    module: 'fapi-ciba-id1-user-rejects-authentication',
    async run({ first, ...suite }) {
      const authReqId = expectAsked(await callBackchannel(first));
      await expectPendingTwice(first, authReqId);
      await callAutomatedEndpoint(suite, authReqId, 'deny');
      suite.wait(5);
      // ExpectAccessDeniedErrorFromTokenEndpointDueToUserRejectingRequest
      expectError(await callToken(first, authReqId), ['access_denied']);
    },
  },
  {
    module: 'fapi-ciba-id1-multiple-call-to-token-endpoint',
    async run({ first }) {
      const authReqId = expectAsked(await callBackchannel(first));
      for (let calls = 0; calls < 22; calls += 1) expectPendingOrSlowDown(await callToken(first, authReqId));
    },
  },
  {
    module: 'fapi-ciba-id1-auth-req-id-expired',
    async run({ first, ...suite }) {
      const acknowledgement = await callBackchannel(first, { parameters: { requested_expiry: '30' } });
      const authReqId = expectAsked(acknowledgement);
      await expectPendingTwice(first, authReqId);
      // SleepUntilAuthReqExpires
      suite.wait(Number(acknowledgement.body['expires_in']));
      // ExpectExpiredTokenErrorFromTokenEndpoint
      expectError(await callToken(first, authReqId), ['expired_token']);
    },
  },
  succeeds('fapi-ciba-id1-ensure-authorization-request-with-binding-message-succeeds'),
  succeeds('fapi-ciba-id1-ensure-other-scope-order-succeeds', { parameters: { scope: 'delegations:own openid' } }),
  succeeds('fapi-ciba-id1-ensure-requested-expiry-as-string-succeeds', { parameters: { requested_expiry: '30' } }),
  { module: 'fapi-ciba-id1-refresh-token', run: refreshTokens },
];
