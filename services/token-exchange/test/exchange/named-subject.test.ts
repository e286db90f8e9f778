import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '@mandate/ports';
import { policyContext } from '@mandate/testing';
import { decideExchange, type ExchangeVerdict } from '../../src/exchange/decide-exchange.js';
import { caller, rulesFor, termsOf, verifiedToken } from '../properties/random-exchange.js';

const SUBJECT = { iss: 'https://users.example.com', sub: 'alice' };
const RULE = { patterns: ['a'], audience: 'a', scopes: ['read'] };

/** A question about somebody whom no token speaks for; whoever acts shows one. */
function decide(rule: object, actorClaims: JsonObject, scopes: readonly string[] = []): Promise<ExchangeVerdict> {
  const token = verifiedToken({ sub: 'bob', exp: 1_800_000_600, ...actorClaims });
  const actor = { identity: { iss: token.issuer, sub: 'bob' }, claims: token.claims, token };
  const inquiry = {
    origin: 'token_exchange' as const,
    caller,
    terms: termsOf({ resources: ['a'], scopes: [...scopes], narrow: false }),
    readParties: () =>
      Promise.resolve({
        subject: { identity: SUBJECT, claims: {}, token: undefined },
        actor,
        received: undefined,
        reader: undefined,
      }),
    context: policyContext(),
  };
  return decideExchange(inquiry, rulesFor([{ ...RULE, ...rule }]));
}

describe('a question about a subject that is only named', () => {
  it('is refused unless the policy lists the actor: nobody consented', async () => {
    expect(await decide({}, {})).toMatchObject({ verdict: 'deny', reason: 'no_delegation_grant' });
    expect(await decide({ allowedActors: ['carol'] }, {})).toMatchObject({ reason: 'actor_not_allowed' });
  });

  it('is bounded by the policy, and by the token of who acts, which its lineage begins with', async () => {
    const verdict = await decide({ allowedActors: ['bob'], expirationSeconds: 3600 }, {});
    expect(verdict).toMatchObject({
      verdict: 'permit',
      token: { subject: SUBJECT, scopes: ['read'], act: { sub: 'bob' }, expiresAt: 1_800_000_600 },
    });
    if (verdict.verdict !== 'permit') return;
    const { ancestors, grantId } = verdict.token.lineage;
    expect(ancestors).toEqual([grantId]);
    expect(await decide({ allowedActors: ['bob'] }, {}, ['write'])).toMatchObject({ reason: 'scope_not_allowed' });
  });
});
