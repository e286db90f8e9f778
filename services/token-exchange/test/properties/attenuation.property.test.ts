import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { excessScopes } from '@mandate/oauth';
import { type JsonObject } from '@mandate/ports';
import { renderClaims } from '../../src/issue/token-claims.js';
import { chainOf, decideHop, type Hop, hop, policy, root, rootToken, verified } from './random-exchange.js';

const RUNS = { numRuns: 2000 };
const TIMEOUT_MS = 120_000;
const sorted = (values: unknown) => [values ?? []].flat().map(String).sort();

/** What must not depend on any order: the verdict, and the claims as sets. */
function essence(verdict: Awaited<ReturnType<typeof decideHop>>): unknown {
  if (verdict.verdict !== 'permit') return verdict.verdict === 'deny' ? verdict.reason : 'error';
  const { aud, scp, act, exp } = renderClaims(verdict.token);
  return { aud: sorted(aud), scopes: sorted(scp), act, exp };
}

describe('a token can only shrink (docs/delegation.md section 5)', () => {
  it(
    'TX-42 over random policies and chains of up to 8 hops, scopes, expiry and audience never grow and the chain is never shortened',
    async () => {
      let permitted = 0;
      let longest = 0;
      const property = fc.asyncProperty(
        policy,
        root,
        fc.array(hop, { minLength: 1, maxLength: 8 }),
        async (rules, start, hops) => {
          let token = rootToken(start);
          for (const asked of hops) {
            const verdict = await decideHop(rules, token, asked);
            if (verdict.verdict !== 'permit') continue;
            const next = verified(renderClaims(verdict.token));
            permitted++;
            expect(excessScopes(next.scopes ?? [], token.scopes ?? [])).toEqual([]);
            expect(next.expiresAt).toBeLessThanOrEqual(token.expiresAt);
            expect(next.subject).toBe('alice');
            expect(excessScopes(next.audience, audiencesFor(rules, asked))).toEqual([]);
            expect(chainOf(next).slice(-chainOf(token).length || Infinity)).toEqual(chainOf(token));
            expect(chainOf(next).length - chainOf(token).length).toBeLessThanOrEqual(1);
            if (asked.actor !== undefined) expect(chainOf(next)[0]).toBe(asked.actor);
            expect(next.claims['anc']).toEqual(expect.arrayContaining([token.id, ...ancestorsOf(token.claims)]));
            longest = Math.max(longest, chainOf(next).length);
            token = next;
          }
        },
      );
      await fc.assert(property, RUNS);
      expect(permitted).toBeGreaterThan(500);
      expect(longest).toBeGreaterThan(2);
    },
    TIMEOUT_MS,
  );

  it(
    'does not depend on the order of rules, of targets or of scopes',
    async () => {
      const property = fc.asyncProperty(policy, root, hop, async (rules, start, asked) => {
        const token = rootToken(start);
        const turned: Hop = {
          ...asked,
          resources: [...asked.resources].reverse(),
          scopes: [...asked.scopes].reverse(),
        };
        expect(essence(await decideHop([...rules].reverse(), token, turned))).toEqual(
          essence(await decideHop(rules, token, asked)),
        );
      });
      await fc.assert(property, RUNS);
    },
    TIMEOUT_MS,
  );

  it(
    'gives with narrow=true what an exact request for it gives',
    async () => {
      const property = fc.asyncProperty(policy, root, hop, async (rules, start, asked) => {
        const token = rootToken(start);
        const narrowed = await decideHop(rules, token, { ...asked, narrow: true });
        if (narrowed.verdict !== 'permit' || narrowed.token.scopes.length === 0) return;
        const exact = await decideHop(rules, token, { ...asked, scopes: [...narrowed.token.scopes], narrow: false });
        expect(essence(exact)).toEqual(essence(narrowed));
      });
      await fc.assert(property, RUNS);
    },
    TIMEOUT_MS,
  );
});

function audiencesFor(rules: readonly object[], asked: Hop): string[] {
  const matching = rules as { patterns: string[]; audience?: string }[];
  return matching
    .filter(({ patterns }) => patterns.some((pattern) => asked.resources.includes(pattern)))
    .flatMap(({ audience }) => audience ?? []);
}

function ancestorsOf(claims: JsonObject): unknown[] {
  return Array.isArray(claims['anc']) ? claims['anc'] : [];
}
