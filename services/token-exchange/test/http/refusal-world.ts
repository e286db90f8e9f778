import { expect } from '@jest/globals';
import {
  checksOf,
  type Claims,
  type ExchangeWorld,
  type FormFields,
  imagesRule,
  JWT_BEARER,
  ruleAt,
} from './exchange-world.js';

export const REPORTS = 'https://reports.example.com';
/** One rule for each switch a rule has. */
export const rules = [
  imagesRule,
  ruleAt('reports', { patterns: [`${REPORTS}/*`], audience: REPORTS, allowedActors: ['bob'] }),
  { id: 'closed', patterns: ['https://closed.example.com/*'], deny: true },
  ruleAt('no-impersonation', { impersonation: false }),
  ruleAt('client-as-actor', { clientAsActor: true }),
  ruleAt('third-party', { thirdPartyActor: true, allowedActors: ['bob'] }),
  ruleAt('lifted', { scopes: ['admin'], scopeCeiling: 'policy' }),
  ruleAt('act-as', { actAs: true, allowedActors: ['bob'] }),
  ruleAt('conflict', { clients: ['gateway'], additionalClaims: { tier: 'gold' } }),
  ruleAt('conflict', { id: 'contradiction', clients: ['gateway'], additionalClaims: { tier: 'iron' } }),
];

/** A refusal has its wire error at the exchange, and its reason code in the explanation of the same request. */
export async function expectRefusal(
  world: ExchangeWorld,
  fields: FormFields,
  { reason, error = 'invalid_request' }: { reason: string; error?: string },
): Promise<void> {
  const answer = await world.exchange(fields);
  expect(answer).toMatchObject({ status: error === 'server_error' ? 500 : 400, body: { error } });
  expect(Object.keys(answer.body).sort()).toEqual(['error', 'error_description']);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  const explanation = await world.explain(fields);
  expect(explanation.body).toMatchObject({ verdict: 'deny', reason, needs: [expect.any(String)] });
  const checks = checksOf(explanation);
  expect(checks.filter(({ outcome }) => outcome === 'fail')).toEqual([checks.at(-1)]);
}

/** The readings of a request: what is refused of the tokens of one is refused of the assertions of the others. */
export type Way = 'token_exchange' | 'user_assertion' | 'act_as';

const WITHOUT_SUBJECT_TOKEN = { grant_type: JWT_BEARER, subject_token: undefined, subject_token_type: undefined };
/** What is wrong with a token, which is wrong with the assertion in its place. */
const OF_TOKENS = [
  'act_not_trusted',
  'act_malformed',
  'actor_chain_splicing',
  'actor_not_bound_to_caller',
  'sender_constrained',
  'ancestor_revoked',
];

/** Requests by what their tokens say: alice's by her token or by an assertion, bob's with a token or to act as her. */
export function requestsOf(world: ExchangeWorld, way: Way = 'token_exchange') {
  const assertion = (claims: Claims) => ({ ...WITHOUT_SUBJECT_TOKEN, assertion: world.token(claims) });
  const subject = (claims: Claims): FormFields =>
    way === 'user_assertion' ? assertion(claims) : { subject_token: world.token(claims) };
  const bob = (claims: Claims = {}): FormFields =>
    way === 'act_as'
      ? { ...assertion({ sub: 'bob', ...claims }), scope: 'act_as:alice', resource: 'urn:act-as' }
      : world.actorFields(claims);
  const consent = () => subject({ may_act: { sub: 'bob' } });
  const errorOf = (reason: string): string =>
    way !== 'token_exchange' && OF_TOKENS.includes(reason) ? 'invalid_grant' : 'invalid_request';
  const refuses = (fields: FormFields, reason: string, error = errorOf(reason)) =>
    expectRefusal(world, fields, { reason, error });
  const permits = async (fields: FormFields) => expect((await world.exchange(fields)).status).toBe(200);
  return { subject, bob, consent, refuses, permits };
}
