import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Delegation, agreementDetail, createMemoryDelegationStore } from '@mandate/delegations';
import { excessScopes } from '@mandate/oauth';
import { decideExchange } from '../../src/exchange/decide-exchange.js';
import { renderClaims } from '../../src/issue/token-claims.js';
import { decideHop, hop, inquiryOf, policy, root, rootToken, rulesFor, verified } from './random-exchange.js';

const RUNS = { numRuns: 2000 };
const TIMEOUT_MS = 120_000;
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
const asking = fc
  .record({
    one: hop,
    purpose: fc.constantFrom(undefined, PURPOSE, PURPOSE, PURPOSE),
    onward: fc.boolean(),
    times: fc.integer({ min: 1, max: 3 }),
  })
  .map(({ times, ...asked }) => Array.from({ length: times }, () => asked));

/** So that nothing but policy and agreement bounds the scopes. */
const withoutCeiling = (rule: object): object => ('deny' in rule ? rule : { ...rule, scopeCeiling: 'policy' });

describe('what a person agreed to (docs/delegation.md section 10)', () => {
  it(
    'P9 bounds every token of it along any chain and under any policy, and no more come than were agreed to',
    async () => {
      const seen = { permitted: 0, outside: 0, usedUp: 0 };
      const property = fc.asyncProperty(
        policy,
        root,
        agreement,
        fc.array(asking, { minLength: 1, maxLength: 5 }),
        async (resources, start, agreed, asked) => {
          const clock = () => NOW;
          const delegations = createMemoryDelegationStore({ clock });
          await delegations.record({ ...recorded, ...agreed, until: agreed.until ?? NOW + 5000 });
          const { ports, settings } = rulesFor(resources.map(withoutCeiling));
          const rules = { settings, ports: { ...ports, delegations } };
          const details = { authGrantId: 'delegation', authorization_details: [agreementDetail(agreed)] };
          let token = verified({ ...rootToken(start).claims, ...details });
          let permits = 0;
          for (const { one, purpose, onward } of asked.flat()) {
            const inquiry = inquiryOf(token, one, purpose);
            const explained = await decideExchange(inquiry, rules);
            const verdict = await decideExchange(inquiry, rules, { uses: true });
            expect(verdict.verdict).toBe(explained.verdict);
            if (verdict.verdict === 'deny') {
              if (verdict.reason === 'outside_agreement') seen.outside++;
              if (verdict.reason === 'delegation_used_up') seen.usedUp++;
            }
            if (verdict.verdict !== 'permit') continue;
            permits++;
            const claims = renderClaims(verdict.token);
            const next = verified(claims);
            expect(excessScopes(next.scopes ?? [], agreed.scopes)).toEqual([]);
            expect(excessScopes(one.resources, agreed.locations)).toEqual([]);
            expect(next.expiresAt).toBeLessThanOrEqual(agreed.until ?? Infinity);
            expect(claims['authorization_details']).toEqual(details.authorization_details);
            expect(claims['authGrantId']).toBe('delegation');
            if (agreed.purpose !== undefined) expect(purpose).toBe(PURPOSE);
            if (onward) token = next;
          }
          expect(permits).toBeLessThanOrEqual(agreed.uses ?? Infinity);
          expect((await delegations.find('delegation'))?.used).toBe(agreed.uses === undefined ? 0 : permits);
          seen.permitted += permits;
        },
      );
      await fc.assert(property, RUNS);
      expect(Math.min(seen.permitted, seen.outside, seen.usedUp)).toBeGreaterThan(20);
    },
    TIMEOUT_MS,
  );

  it('changes nothing for a token that comes of none', async () => {
    const property = fc.asyncProperty(policy, root, hop, async (resources, start, asked) => {
      const { record } = await decideHop(resources, rootToken(start), asked);
      const names = record.checks.map(({ check }) => String(check));
      expect(names.filter((name) => /agree|delegation/.test(name))).toEqual([]);
    });
    await fc.assert(property, { numRuns: 200 });
  });
});

const recorded: Delegation = {
  id: 'delegation',
  subject: { iss: 'https://mandate.example.com', sub: 'alice' },
  actor: { clientId: 'gateway' },
  clientId: 'gateway',
  scopes: [],
  locations: [],
  created: NOW,
  until: NOW + 5000,
  used: 0,
  origin: 'ciba',
};
