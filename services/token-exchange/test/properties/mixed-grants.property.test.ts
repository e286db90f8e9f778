import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { excessScopes } from '@mandate/oauth';
import { policyContext } from '@mandate/testing';
import type { VerifiedToken } from '@mandate/token';
import { decideExchange, type ExchangeVerdict } from '../../src/exchange/decide-exchange.js';
import { readActAs } from '../../src/exchange/read-act-as.js';
import { readUserAssertion } from '../../src/exchange/read-assertion.js';
import { renderClaims } from '../../src/issue/token-claims.js';
import {
  actingPolicy,
  assertionReadingOf,
  caller,
  chainOf,
  decideHop,
  type Hop,
  hop,
  root,
  rootToken,
  rulesFor,
  settings,
  termsOf,
  tokensOf,
  verifiedToken,
} from './random-exchange.js';

const RUNS = { numRuns: 2000 };
jest.setTimeout(180_000);

type Rules = readonly { patterns: string[]; audience?: string; scopes?: string[]; actAs?: boolean }[];

const step = fc.record({
  hop,
  way: fc.constantFrom('token_exchange', 'user_assertion', 'act_as'),
  name: fc.constantFrom('alice', 'carol'),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Decides one step with the token at hand: as subject token, as assertion, or left aside for a name. */
function decideStep(rules: Rules, token: VerifiedToken, { hop, way, name }: Step): Promise<ExchangeVerdict> {
  if (way === 'token_exchange') return decideHop(rules, token, hop);
  const terms = termsOf(hop);
  const reading = assertionReadingOf(tokensAt(token, hop));
  const by = { caller, context: policyContext() };
  const inquiry =
    way === 'user_assertion'
      ? readUserAssertion({ assertion: 'subject', terms }, by, reading)
      : readActAs({ assertion: 'actor', name, issuer: settings.issuer, terms }, by, reading.verifier);
  return decideExchange(inquiry, rulesFor(rules));
}

/** The tokens of a step, made once, so that what is issued can be held against them. */
const tokensByHop = new WeakMap<Hop, Map<string, VerifiedToken>>();
function tokensAt(subject: VerifiedToken, hop: Hop): Map<string, VerifiedToken> {
  const tokens = new Map(tokensByHop.get(hop) ?? tokensOf(subject, hop));
  tokens.set('subject', subject);
  tokensByHop.set(hop, tokens);
  return tokens;
}

function rulesAt(rules: Rules, { resources }: Hop): Rules {
  return rules.filter(({ patterns }) => patterns.some((pattern) => resources.includes(pattern)));
}

/** What no way of asking may bring: more than the policy grants, for longer or elsewhere. */
function expectWithinPolicy(rules: Rules, hop: Hop, next: VerifiedToken): void {
  const scopes = rulesAt(rules, hop).flatMap((rule) => rule.scopes ?? []);
  const audiences = rulesAt(rules, hop).flatMap((rule) => rule.audience ?? []);
  expect(excessScopes(next.scopes ?? [], scopes)).toEqual([]);
  expect(excessScopes(next.audience, audiences)).toEqual([]);
}

/** A token inside another never says more than that one. */
function expectInside(around: VerifiedToken, inside: VerifiedToken): void {
  expect(excessScopes(inside.scopes ?? [], around.scopes ?? [])).toEqual([]);
  expect(inside.expiresAt).toBeLessThanOrEqual(around.expiresAt);
  expect(inside.subject).toBe(around.subject);
  expect(chainOf(inside)).toEqual(chainOf(around));
  expect(inside.audience.some((name) => around.audience.includes(name))).toBe(false);
}

/** What each way promises of a token, given the one at hand. */
function expectOfWay(rules: Rules, { hop, way, name }: Step, { token, next }: Record<'token' | 'next', VerifiedToken>) {
  if (way === 'act_as') {
    const actor = tokensAt(token, hop).get('actor');
    expect(next.subject).toBe(name);
    expect(chainOf(next)).toEqual([hop.actor]);
    expect(rulesAt(rules, hop).every(({ actAs }) => actAs === true)).toBe(true);
    expect(next.expiresAt).toBeLessThanOrEqual(actor?.expiresAt ?? 0);
    expect(next.claims['anc']).toEqual([actor?.id]);
    return;
  }
  expect(next.subject).toBe(token.subject);
  expect(next.expiresAt).toBeLessThanOrEqual(token.expiresAt);
  expect(chainOf(next).slice(-chainOf(token).length || Infinity)).toEqual(chainOf(token));
  expect(next.claims['anc']).toEqual(expect.arrayContaining([token.id]));
  if (way === 'token_exchange') expect(excessScopes(next.scopes ?? [], token.scopes ?? [])).toEqual([]);
}

describe('exchange, assertion and act-as in any sequence', () => {
  it('never give more than the policy and the tokens before allow, and never lose who acted', async () => {
    let insideCount = 0;
    const permits = { token_exchange: 0, user_assertion: 0, act_as: 0 };
    const property = fc.asyncProperty(
      actingPolicy,
      root,
      fc.array(step, { minLength: 1, maxLength: 8 }),
      async (drawnRules, start, steps) => {
        const rules = drawnRules as Rules;
        let token = rootToken(start);
        for (const one of steps) {
          const verdict = await decideStep(rules, token, one);
          if (verdict.verdict !== 'permit') continue;
          const next = verifiedToken(renderClaims(verdict.token));
          permits[one.way]++;
          expectWithinPolicy(rules, one.hop, next);
          expectOfWay(rules, one, { token, next });
          const inside = verdict.token.embedded.map((one) => verifiedToken(renderClaims(one.token)));
          inside.forEach((one) => expectInside(next, one));
          insideCount += inside.length;
          // Every other time the chain goes on with what is inside.
          token = insideCount % 2 === 0 ? next : (inside[0] ?? next);
        }
      },
    );
    await fc.assert(property, RUNS);
    expect(Math.min(insideCount, ...Object.values(permits))).toBeGreaterThan(30);
  });
});
