import { describe } from '@jest/globals';
import { type JsonObject, UpstreamError } from '@mandate/ports';
import {
  createTestKey,
  type FixedClock,
  fetchHttpClient,
  fixedClock,
  openamServer,
  openamSession,
  type OpenamStandIn,
  policyContext,
  policyQuestion,
  putOpenamTestPolicies,
  startOpenamStandIn,
  startRealPart,
  OPENAM_TEST_POLICY_SET,
} from '@mandate/testing';
import { createKeyStore, createTokenSigner } from '@mandate/token';
import { createOpenamLogin } from '@mandate/openam';
import { AM_SESSION_READER, createOpenamPolicy } from '../../src/index.js';
import { type PolicyBackend, type PolicyContext, type PolicyDecision, type PolicyRequest } from '@mandate/policy';
import type { OpenamPolicyOptions } from '../../src/policy/openam-policy.js';

const key = createTestKey('ES256');
const signer = createTokenSigner({
  keyStore: createKeyStore({
    current: () => ({
      signingKey: { kid: 'k', alg: 'ES256', key: key.privateKey },
      publicJwks: { keys: [] },
      verificationKeys: [],
    }),
  }),
});

const real = await startRealPart(openamServer, process.env);
if (real !== undefined) await putOpenamTestPolicies(real.address, process.env);

/** For suites that need a real AM. */
export const withOpenam = real === undefined ? describe.skip : describe;
export const realUrl = real?.address ?? '';

export interface OpenamWorld {
  am: OpenamStandIn;
  clock: FixedClock;
  close: () => Promise<void>;
}

export async function openStandIn(): Promise<OpenamWorld> {
  const am = await startOpenamStandIn();
  return { am, clock: fixedClock(), close: () => am.close() };
}

/** The backend over an AM, logged in as the seed's `policy`. */
export function openamBackend(
  url: string,
  {
    account = { username: 'policy', password: 'Policy-pass-1' },
    timeoutMs = 60_000,
    ...members
  }: Partial<OpenamPolicyOptions> & { account?: { username: string; password: string }; timeoutMs?: number } = {},
): PolicyBackend {
  const http = fetchHttpClient({ timeoutMs });
  const clock = members.clock ?? fixedClock();
  return createOpenamPolicy({
    http,
    clock,
    signer,
    policySet: OPENAM_TEST_POLICY_SET,
    subjectForm: 'jwt',
    environmentJwt: true,
    login: createOpenamLogin({ http, clock, ...account, url: `${url}/json/realms/root/authenticate` }),
    url: `${url}/json/realms/root/policies`,
    cookieName: 'iPlanetDirectoryPro',
    attributes: {
      audience: 'aud',
      scope: 'scp',
      subject: 'uid',
      allowedActors: 'may_act',
      expiresInSeconds: 'expires',
      copyAdditional: true,
    },
    ...members,
  });
}

/** Asks about plain names. */
export function decide(
  backend: PolicyBackend,
  resources: readonly string[],
  members: { question?: Partial<PolicyRequest>; context?: Partial<PolicyContext> } = {},
): Promise<PolicyDecision> {
  return backend.decide(policyQuestion({ resources, ...members.question }), policyContext(members.context));
}

/** A question about somebody with these claims, from the issuer that the test policies know. */
export function subjectWith(claims: JsonObject): Partial<PolicyRequest> {
  const iss = 'https://users.example.com';
  return { subject: { iss, sub: 'alice', claims: { iss, sub: 'alice', ...claims } } };
}

/** A question about the owner of an AM session. */
export function sessionOf(
  token: string,
  { uid = 'alice', realm = '/' }: { uid?: string; realm?: string } = {},
): { question: Partial<PolicyRequest>; context: Partial<PolicyContext> } {
  const iss = 'https://am.example.com/openam/realms/root';
  const declaredType = 'urn:mandate:token-type:am-session';
  return {
    question: { subject: { iss, sub: uid, claims: { iss, sub: uid, uid, realm } } },
    context: { subjectToken: { token, declaredType, readBy: AM_SESSION_READER } },
  };
}

/** How AM failed. */
export async function failureOf(answer: Promise<unknown>): Promise<string> {
  const error: unknown = await answer.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof UpstreamError)) throw new Error(`no upstream failure: ${String(error)}`);
  return `${error.failure}${error.detail === undefined ? '' : `: ${error.detail}`}`;
}

export { openamSession };
