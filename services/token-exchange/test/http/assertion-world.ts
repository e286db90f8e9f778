import { expect } from '@jest/globals';
import { type Claims, type ExchangeWorld, type FormFields, imagesRule, OWN, ruleAt } from './exchange-world.js';

export const rules = [
  imagesRule,
  ruleAt('acting', { clientAsActor: true }),
  ruleAt('narrow', { scopes: ['read', 'admin'], scopeCeiling: 'subject' }),
  ruleAt('blue', { subjects: { claims: { tenant: 'blue' } } }),
  ruleAt('admin', { scopes: ['admin'], expirationSeconds: 900 }),
];

/** Assertions of an issuer, and how they are refused. */
export function assertionsOf(world: ExchangeWorld) {
  /** One that is no access token: alice, as USERS says to this service. */
  const plain = (claims: Claims = {}) =>
    world.token({ client_id: undefined, scope: undefined, aud: OWN, ...claims }, { typ: 'JWT' });

  /** The same refusal as wire error of the grant, and as reason code of its explanation. */
  async function refuses(
    fields: FormFields,
    reason: string,
    { error = 'invalid_grant', ...headers }: { error?: string; authorization?: string } = {},
  ): Promise<void> {
    const answer = await world.assert(fields, headers);
    expect(answer).toMatchObject({ status: 400, body: { error } });
    expect(Object.keys(answer.body).sort()).toEqual(['error', 'error_description']);
    const { body } = await world.explainAssertion(fields, headers);
    expect(body).toMatchObject({ verdict: 'deny', reason, needs: [expect.any(String)] });
  }
  return { plain, refuses };
}
