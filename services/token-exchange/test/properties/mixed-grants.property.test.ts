import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { excessScopes, TOKEN_TYPE } from '@mandate/oauth';
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
  tokensOf,
  verified,
} from './random-exchange.js';

const RUNS = { numRuns: 2000 };
const TIMEOUT_MS = 180_000;

type Rules = readonly { patterns: string[]; audience?: string; scopes?: string[]; actAs?: boolean }[];

const step = fc.record({
  asked: hop,
  way: fc.constantFrom('token_exchange', 'user_assertion', 'act_as'),
  name: fc.constantFrom('alice', 'carol'),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Decides one step with the token at hand: as subject token, as assertion, or left aside for a name. */
function decideStep(rules: Rules, token: VerifiedToken, { asked, way, name }: Step): Promise<ExchangeVerdict> {
  if (way === 'token_exchange') return decideHop(rules, token, asked);
  const { resources, scopes, narrow } = asked;
  const terms = {
    resources,
    scopes,
    narrow,
    audiences: [],
    targetsFrom: 'request' as const,
    requestedTokenType: TOKEN_TYPE.accessToken,
  };
  const reading = assertionReadingOf(tokensAt(token, asked));
  const by = { caller, context: policyContext() };
  const inquiry =
    way === 'user_assertion'
      ? readUserAssertion({ assertion: 'subject', terms }, by, reading)
      : readActAs({ assertion: 'actor', name, issuer: settings.issuer, terms }, by, reading.verifier);
  return decideExchange(inquiry, rulesFor(rules));
}

/** The tokens of a step, made once, so that what is issued can be held against them. */
const made = new WeakMap<Hop, Map<string, VerifiedToken>>();
function tokensAt(subject: VerifiedToken, asked: Hop): Map<string, VerifiedToken> {
  const tokens = new Map(made.get(asked) ?? tokensOf(subject, asked));
  tokens.set('subject', subject);
  made.set(asked, tokens);
  return tokens;
}

function matching(rules: Rules, { resources }: Hop): Rules {
  return rules.filter(({ patterns }) => patterns.some((pattern) => resources.includes(pattern)));
}

/** What no way of asking may bring: more than the policy grants, for longer or elsewhere. */
function expectWithinPolicy(rules: Rules, asked: Hop, next: VerifiedToken): void {
  const applying = matching(rules, asked);
  expect(
    excessScopes(
      next.scopes ?? [],
      applying.flatMap(({ scopes }) => scopes ?? []),
    ),
  ).toEqual([]);
  expect(
    excessScopes(
      next.audience,
      applying.flatMap(({ audience }) => audience ?? []),
    ),
  ).toEqual([]);
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
function expectOfWay(
  rules: Rules,
  { asked, way, name }: Step,
  { token, next }: Record<'token' | 'next', VerifiedToken>,
) {
  if (way === 'act_as') {
    const actor = tokensAt(token, asked).get('actor');
    expect(next.subject).toBe(name);
    expect(chainOf(next)).toEqual([asked.actor]);
    expect(matching(rules, asked).every(({ actAs }) => actAs === true)).toBe(true);
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
  it(
    'never give more than the policy and the tokens before allow, and never lose who acted',
    async () => {
      let embedded = 0;
      const permitted = { token_exchange: 0, user_assertion: 0, act_as: 0 };
      const property = fc.asyncProperty(
        actingPolicy,
        root,
        fc.array(step, { minLength: 1, maxLength: 8 }),
        async (drawn, start, steps) => {
          const rules = drawn as Rules;
          let token = rootToken(start);
          for (const one of steps) {
            const verdict = await decideStep(rules, token, one);
            if (verdict.verdict !== 'permit') continue;
            const next = verified(renderClaims(verdict.token));
            permitted[one.way]++;
            expectWithinPolicy(rules, one.asked, next);
            expectOfWay(rules, one, { token, next });
            const inside = verdict.token.embedded.map((one) => verified(renderClaims(one.token)));
            inside.forEach((one) => expectInside(next, one));
            embedded += inside.length;
            // Every other time the chain goes on with what is inside.
            token = embedded % 2 === 0 ? next : (inside[0] ?? next);
          }
        },
      );
      await fc.assert(property, RUNS);
      expect(Math.min(embedded, ...Object.values(permitted))).toBeGreaterThan(30);
    },
    TIMEOUT_MS,
  );
});
