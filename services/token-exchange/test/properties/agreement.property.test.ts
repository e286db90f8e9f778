import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { type Delegation, agreementDetail, createMemoryDelegationStore } from '@mandate/delegations';
import { excessScopes } from '@mandate/oauth';
import { decideExchange } from '../../src/exchange/decide-exchange.js';
import { type IssuedToken, renderClaims } from '../../src/issue/token-claims.js';
import { decideHop, hop, inquiryOf, policy, root, rootToken, rulesFor, verifiedToken } from './random-exchange.js';

const RUNS = { numRuns: 2000 };
jest.setTimeout(120_000);
const NOW = 1_800_000_000;
const PURPOSE = 'a purpose';

const agreement = fc.record(
  {
    actor: fc.constantFrom({ clientId: 'gateway' }, { sub: 'actor0' }, { sub: 'actor1' }),
    scopes: fc.subarray(['read', 'write', 'list', 'admin'], { minLength: 1 }),
    locations: fc.subarray(['a', 'b', 'c'], { minLength: 1 }),
    until: fc.integer({ min: NOW + 1, max: NOW + 3000 }),
    uses: fc.integer({ min: 1, max: 3 }),
    purpose: fc.constant(PURPOSE),
  },
  { requiredKeys: ['actor', 'scopes', 'locations'] },
);
/** Requests, each made some times; `onward`: what comes of one is what the next is asked with. */
const requests = fc
  .record({
    one: hop,
    purpose: fc.constantFrom(undefined, PURPOSE, PURPOSE, PURPOSE),
    onward: fc.boolean(),
    times: fc.integer({ min: 1, max: 3 }),
  })
  .map(({ times, ...request }) => Array.from({ length: times }, () => request));

/** So that nothing but policy and agreement bounds the scopes. */
const withoutCeiling = (rule: object): object => ('deny' in rule ? rule : { ...rule, scopeCeiling: 'policy' });

const run = fc.record({
  resources: policy,
  start: root,
  agreement,
  steps: fc.array(requests, { minLength: 1, maxLength: 5 }),
});
type Run = typeof run extends fc.Arbitrary<infer T> ? T : never;
type Step = Run['steps'][number][number];

/** The delegation as recorded, the rules over it, and the token that begins the chain. */
async function begin({ resources, start, agreement }: Run) {
  const delegations = createMemoryDelegationStore({ clock: () => NOW });
  await delegations.record({ ...delegation, until: NOW + 5000, ...agreement });
  const { ports, settings } = rulesFor(resources.map(withoutCeiling));
  const details = { authGrantId: 'delegation', authorization_details: [agreementDetail(agreement)] };
  const token = verifiedToken({ ...rootToken(start).claims, ...details });
  return { rules: { settings, ports: { ...ports, delegations } }, delegations, details, token };
}

/** What no token of the agreement may go beyond. */
function expectWithin(agreement: Run['agreement'], step: Step, token: IssuedToken) {
  const { scopes, locations, until = Infinity, purpose } = agreement;
  expect(excessScopes(token.scopes, scopes)).toEqual([]);
  expect(excessScopes(step.one.resources, locations)).toEqual([]);
  expect(token.expiresAt).toBeLessThanOrEqual(until);
  expect([undefined, step.purpose]).toContain(purpose);
}

describe('what a person agreed to (docs/delegation.md section 10)', () => {
  it('P9 bounds every token of it along any chain and under any policy, and no more come than were agreed to', async () => {
    const counts: Record<string, number> = { permit: 0, outside_agreement: 0, delegation_used_up: 0 };
    const property = fc.asyncProperty(run, async (drawnRun) => {
      const { rules, delegations, details, token: first } = await begin(drawnRun);
      let token = first;
      let permits = 0;
      for (const step of drawnRun.steps.flat()) {
        const inquiry = inquiryOf(token, step.one, step.purpose);
        const explanation = await decideExchange(inquiry, rules);
        const verdict = await decideExchange(inquiry, rules, { uses: true });
        expect(verdict.verdict).toBe(explanation.verdict);
        const outcome = verdict.verdict === 'deny' ? verdict.reason : verdict.verdict;
        counts[outcome] = (counts[outcome] ?? 0) + 1;
        if (verdict.verdict !== 'permit') continue;
        permits++;
        expectWithin(drawnRun.agreement, step, verdict.token);
        expect(renderClaims(verdict.token)).toMatchObject(details);
        if (step.onward) token = verifiedToken(renderClaims(verdict.token));
      }
      const { uses } = drawnRun.agreement;
      expect(permits).toBeLessThanOrEqual(uses ?? Infinity);
      expect((await delegations.find('delegation'))?.used).toBe(uses === undefined ? 0 : permits);
    });
    await fc.assert(property, RUNS);
    const { permit, outside_agreement: outside, delegation_used_up: usedUp } = counts;
    expect(Math.min(permit ?? 0, outside ?? 0, usedUp ?? 0)).toBeGreaterThan(20);
  });

  it('changes nothing for a token that comes of none', async () => {
    const property = fc.asyncProperty(policy, root, hop, async (resources, start, request) => {
      const { record } = await decideHop(resources, rootToken(start), request);
      const names = record.checks.map(({ check }) => check);
      expect(names.filter((name) => /agree|delegation/.test(name))).toEqual([]);
    });
    await fc.assert(property, { numRuns: 200 });
  });
});

const delegation: Omit<Delegation, 'until'> = {
  id: 'delegation',
  subject: { iss: 'https://mandate.example.com', sub: 'alice' },
  actor: { clientId: 'gateway' },
  clientId: 'gateway',
  scopes: [],
  locations: [],
  created: NOW,
  used: 0,
  origin: 'ciba',
};
