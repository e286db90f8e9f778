import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { agreementDetail, mayActOf } from '@mandate/delegations';
import { type Form, TOKEN_TYPE } from '@mandate/oauth';
import type { VerifiedToken } from '@mandate/token';
import type { AskSubject } from '../../src/consent/ask-subject.js';
import { createAssumeAnswer } from '../../src/exchange/assumed-answer.js';
import { decideRequest } from '../../src/exchange/decide-request.js';
import { createTokenExchangeGrant } from '../../src/grants/token-exchange.js';
import { passed } from '../../src/rules/checked.js';
import {
  actingPolicy,
  caller,
  type Hop,
  hop,
  readingOf,
  requestOf,
  rulesFor,
  settings,
  verifiedToken,
} from './random-exchange.js';

const NOW = 1_800_000_000;
const OWN = settings.issuer;
/** What only the person's token says, once there is one. */
const ofTheirToken = { subjects: { claims: { client_id: 'desk' } } };

/** Most rules let people be asked; some are about the person's token alone, and so come after the yes. */
const deskPolicy = fc
  .tuple(actingPolicy, fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 5, maxLength: 5 }))
  .map(([rules, dice]) =>
    rules.map((one, index) => ({
      ...one,
      ...('deny' in one ? {} : { mayAskSubject: dice[index] !== 0 }),
      ...(dice[index] === 1 && ofTheirToken),
    })),
  );

/** Alice agrees to exactly what she is asked: her token is then one of these. */
function deskOver(tokens: Map<string, VerifiedToken>): { desk: AskSubject; questionCount: () => number } {
  let questionCount = 0;
  const desk: AskSubject = {
    find: () => Promise.resolve(undefined),
    ask: ({ agreement }) => {
      questionCount++;
      const claims = {
        sub: 'alice',
        client_id: 'desk',
        scope: ['openid', ...agreement.scopes].join(' '),
        exp: NOW + settings.maxLifetimeSeconds,
        authGrantId: 'assumed',
        may_act: mayActOf(agreement),
        authorization_details: [agreementDetail(agreement)],
      };
      tokens.set('consent', verifiedToken(claims));
      return Promise.resolve(passed(() => ({}), 'consent'));
    },
  };
  return { desk, questionCount: () => questionCount };
}

function formOf({ resources, scopes, narrow }: Hop): Form {
  return new Map([
    ['subject_token', ['alice']],
    ['subject_token_type', [TOKEN_TYPE.loginHint]],
    ['actor_token', ['actor']],
    ['actor_token_type', [TOKEN_TYPE.accessToken]],
    ['audience', resources],
    ...(scopes.length > 0 ? ([['scope', [scopes.join(' ')]]] as [string, string[]][]) : []),
    ['narrow', [String(narrow)]],
  ]);
}

describe('explain of a login hint (docs/help-desk.md)', () => {
  it('agrees with the call whose person agrees to exactly what is asked, on random requests, and asks nobody', async () => {
    const counts = { permit: 0, deny: 0, deniedAfterwards: 0 };
    const property = fc.asyncProperty(deskPolicy, hop, async (policy, wish) => {
      const actor = verifiedToken({ sub: wish.actor ?? 'actor0', exp: NOW + wish.actorLifetime });
      const tokens = new Map([['actor', actor]]);
      const { desk, questionCount } = deskOver(tokens);
      const trust = { own: true, mayAssertMayAct: true, mayAssertAct: true, allowIdTokens: false };
      const issuers = { keysFor: () => ({ ...ISSUER, trust }) };
      const lifetimeSeconds = settings.maxLifetimeSeconds;
      const assumption = { issuers, clock: () => NOW, clientId: 'desk', audience: OWN, lifetimeSeconds };
      const grant = createTokenExchangeGrant({
        reading: readingOf(tokens),
        syntax: { resourceSyntax: 'uri', actAsPrefixes: [], subjectTokenTypes: [TOKEN_TYPE.accessToken] },
        asking: { desk, subjectIssuer: OWN, assumeAnswer: createAssumeAnswer(assumption) },
      });
      const rules = rulesFor(policy);
      const request = { ...requestOf(formOf(wish)), caller };
      const explanation = (await decideRequest('explain', request, { grant, rules })).verdict;
      expect(questionCount()).toBe(0);
      const real = (await decideRequest('exchange', request, { grant, rules })).verdict;
      const essence = (verdict: typeof real) =>
        verdict.verdict === 'permit'
          ? {
              ...verdict.token,
              lineage: { ...verdict.token.lineage, ancestors: [] },
              embedded: verdict.token.embedded.map(({ claim, token }) => ({
                claim,
                audiences: token.audiences,
                scopes: token.scopes,
              })),
            }
          : verdict.verdict === 'deny' && [verdict.reason, verdict.needs];
      expect(essence(explanation)).toEqual(essence(real));
      if (real.verdict === 'permit') counts.permit++;
      else counts[questionCount() > 0 ? 'deniedAfterwards' : 'deny']++;
    });
    await fc.assert(property, { numRuns: 2000 });
    expect(Math.min(...Object.values(counts))).toBeGreaterThan(20);
  }, 120_000);
});

const ISSUER = { issuer: OWN, requireAccessTokenType: false, candidates: () => Promise.resolve([]) };
