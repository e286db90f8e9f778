import { expectAsked, expectError } from './conditions.js';
import { type Module, authorize, expectPendingOrSlowDown, requestProtectedResource } from './flow.js';
import type { Plan, PlanClient } from './plan-world.js';
import {
  type AssertionChanges,
  type RequestChanges,
  callBackchannel,
  callToken,
  discover,
  unsecuredJws,
  withInvalidSignature,
  withRs256,
} from './suite-requests.js';

const MINUTE = 60;
/** `AddPotentiallyBadBindingMessageToAuthorizationEndpointRequest`: long, with letters of several scripts and an emoji. */
const BAD_MESSAGE = `1234 \u{1F44D}\u{1F3FF} 品川 ${'Lorem ipsum dolor sit amet, consectetur adipiscing elit. '.repeat(8)}`;

/** `AbstractFAPICIBAID1EnsureSendingInvalidBackchannelAuthorizationRequest`, unless it is another error. */
const refusal = (
  name: string,
  changesOf: (plan: Plan) => RequestChanges,
  errors: readonly string[] = ['invalid_request'],
): Module => ({
  module: `fapi-ciba-id1-ensure-${name}`,
  run: async (plan) => expectError(await callBackchannel(plan.first, changesOf(plan)), errors),
});

/** A claim of the request object that is missing or wrong. */
const wrongClaims = (name: string, claimsOf: (plan: Plan) => Record<string, unknown>): Module =>
  refusal(`request-object-${name}-fails`, (plan) => ({ claims: claimsOf(plan) }));

/** `CheckErrorFromBackchannelAuthenticationEndpointError`. */
const NO_CLIENT = ['access_denied', 'invalid_request', 'invalid_client'];

/** A poll that proves the client as it does, and what is answered. */
const pollRefusal = (
  name: string,
  changesOf: (client: PlanClient) => AssertionChanges,
  errors: readonly string[],
): Module => ({
  module: `fapi-ciba-id1-ensure-${name}`,
  async run({ first }) {
    const authReqId = expectAsked(await callBackchannel(first));
    expectError(await callToken(first, authReqId, changesOf(first)), errors);
  },
});

const requestObjects: Module[] = [
  wrongClaims('missing-aud', () => ({ aud: undefined })),
  wrongClaims('bad-aud', () => ({ aud: 'https://www.other1.example.com/' })),
  wrongClaims('missing-iss', () => ({ iss: undefined })),
  wrongClaims('bad-iss', ({ second }) => ({ iss: second.id })),
  wrongClaims('missing-exp', () => ({ exp: undefined })),
  wrongClaims('expired-exp', ({ clock }) => ({ exp: clock() - 5 * MINUTE })),
  wrongClaims('exp-is-70-minutes-in-future', ({ clock }) => ({ exp: clock() + 70 * MINUTE })),
  wrongClaims('missing-iat', () => ({ iat: undefined })),
  wrongClaims('missing-nbf', () => ({ nbf: undefined })),
  wrongClaims('nbf-is-10-minutes-in-future', ({ clock }) => ({ nbf: clock() + 10 * MINUTE })),
  wrongClaims('nbf-is-70-minutes-in-past', ({ clock }) => ({ nbf: clock() - 70 * MINUTE })),
  wrongClaims('missing-jti', () => ({ jti: undefined })),
  refusal('request-object-signature-algorithm-is-none-fails', () => ({ spoil: unsecuredJws })),
  refusal('request-object-signature-algorithm-is-bad-fails', () => ({ spoil: withInvalidSignature })),
  refusal('request-object-signature-algorithm-is-RS256-fails', ({ first }) => ({ signer: withRs256(first) })),
  refusal('request-object-signed-by-other-client-fails', ({ second }) => ({ signer: second })),
];

const requests: Module[] = [
  refusal(
    'authorization-request-with-potentially-bad-binding-message',
    () => ({ parameters: { binding_message: BAD_MESSAGE } }),
    ['invalid_binding_message'],
  ),
  // this module of the suite sends no binding message either
  refusal('authorization-request-with-multiple-hints-fails', () => ({
    parameters: {
      binding_message: undefined,
      login_hint: 'join@example.com',
      login_hint_token: 'xxxxxxxxxxxxxxxxxxxx',
    },
  })),
  refusal('unsigned-backchannel-authorization-request-fails', () => ({ isUnsigned: true })),
];

/** What is wrong with the assertion of each request of `...EnsureInvalidClientAssertionsInBackchannelAuthorizationRequestFail`. */
const wrongAssertions = ({ first, clock }: Plan): AssertionChanges[] => [
  { isMissing: true },
  { form: { client_assertion_type: undefined } },
  { form: { client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer' } },
  { claims: { sub: undefined } },
  { claims: { sub: 'another' } },
  { claims: { iss: undefined } },
  { claims: { iss: 'another' } },
  { claims: { aud: undefined } },
  { claims: { aud: 'https://www.other1.example.com/' } },
  { claims: { exp: clock() - 5 * MINUTE } },
  { signer: withRs256(first) },
  { spoil: unsecuredJws },
  { spoil: withInvalidSignature },
];

const clientAuthentication: Module[] = [
  {
    module: 'fapi-ciba-id1-ensure-wrong-auth-req-id-in-token-endpoint-request',
    async run({ first, second }) {
      const authReqId = expectAsked(await callBackchannel(first));
      expectError(await callToken(second, authReqId), ['invalid_grant']);
    },
  },
  pollRefusal('without-client-assertion-in-token-endpoint-request', () => ({ isMissing: true }), [
    'invalid_client',
    'invalid_request',
  ]),
  refusal(
    'without-client-assertion-in-backchannel-authorization-request',
    () => ({ assertion: { isMissing: true } }),
    NO_CLIENT,
  ),
  refusal(
    'client-assertion-signature-algorithm-in-backchannel-authorization-request-is-RS256-fails',
    ({ first }) => ({ assertion: { signer: withRs256(first) } }),
    NO_CLIENT,
  ),
  pollRefusal(
    'client-assertion-signature-algorithm-in-token-endpoint-request-is-RS256-fails',
    (client) => ({ signer: withRs256(client) }),
    ['invalid_client'],
  ),
  {
    module: 'fapi-ciba-id1-ensure-client-assertion-with-iss-aud-to-token-endpoint-succeeds',
    async run({ first, ...suite }) {
      const authReqId = expectAsked(await callBackchannel(first));
      const { issuer } = await discover(suite);
      expectPendingOrSlowDown(await callToken(first, authReqId, { claims: { aud: issuer } }));
    },
  },
  {
    module: 'fapi-ciba-id1-ensure-invalid-client-assertions-in-backchannel-authorization-request-fail',
    async run(plan) {
      for (const assertion of wrongAssertions(plan)) {
        expectError(await callBackchannel(plan.first, { assertion }), NO_CLIENT);
      }
      await requestProtectedResource(plan.first, await authorize(plan.first));
    },
  },
  {
    module: 'fapi-ciba-id1-ensure-mtls-holder-of-key-required',
    async run({ first }) {
      const authReqId = expectAsked(await callBackchannel(first));
      const answer = await callToken({ ...first, certificate: undefined }, authReqId);
      // CheckTokenEndpointReturnedInvalidClientGrantOrRequestError; the TLS of the endpoints is the proxy's
      expectError(answer, ['invalid_request', 'invalid_grant', 'invalid_client']);
    },
  },
];

/** The modules of what has to be refused. */
export const refusalModules: Module[] = [...requestObjects, ...requests, ...clientAuthentication];
