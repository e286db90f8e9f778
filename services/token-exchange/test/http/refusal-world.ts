import { expect } from '@jest/globals';
import { actorFields, type Claims, type ExchangeWorld, type FormFields, imagesRule } from './exchange-world.js';

export const REPORTS = 'https://reports.example.com';
/** One rule for each switch a rule has. */
export const rules = [
  imagesRule,
  { id: 'reports', patterns: [`${REPORTS}/*`], audience: REPORTS, scopes: ['read'], allowedActors: ['bob'] },
  { id: 'closed', patterns: ['https://closed.example.com/*'], deny: true },
  { id: 'direct', patterns: ['urn:no-impersonation'], audience: 'direct', scopes: ['read'], impersonation: false },
  { id: 'client', patterns: ['urn:client-as-actor'], audience: 'client', scopes: ['read'], clientAsActor: true },
  { id: 'third', patterns: ['urn:third-party'], audience: 'third', thirdPartyActor: true, allowedActors: ['bob'] },
  { id: 'lifted', patterns: ['urn:lifted'], audience: 'lifted', scopes: ['admin'], scopeCeiling: 'policy' },
  { patterns: ['urn:conflict'], audience: 'x', clients: ['gateway'], additionalClaims: { tier: 'gold' } },
  { patterns: ['urn:conflict'], audience: 'y', clients: ['gateway'], additionalClaims: { tier: 'iron' } },
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
  const explained = await world.explain(fields);
  expect(explained.body).toMatchObject({ verdict: 'deny', reason, needs: [expect.any(String)] });
  const checks = explained.body['checks'] as { outcome: string; reason?: string }[];
  expect(checks.filter(({ outcome }) => outcome === 'fail')).toEqual([checks.at(-1)]);
}

/** Requests by what their tokens say. */
export function requestsOf(world: () => ExchangeWorld) {
  const subject = (claims: Claims) => ({ subject_token: world().token(claims) });
  const bob = (claims: Claims = {}) => actorFields(world(), claims);
  const consent = () => subject({ may_act: { sub: 'bob' } });
  const refuses = (fields: FormFields, reason: string, error?: string) =>
    expectRefusal(world(), fields, error === undefined ? { reason } : { reason, error });
  return { subject, bob, consent, refuses };
}
