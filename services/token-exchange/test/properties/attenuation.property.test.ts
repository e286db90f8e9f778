import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { excessScopes } from '@mandate/oauth';
import { type JsonObject } from '@mandate/ports';
import { renderClaims } from '../../src/issue/token-claims.js';
import { chainOf, decideHop, type Hop, hop, policy, root, rootToken, verifiedToken } from './random-exchange.js';

const RUNS = { numRuns: 2000 };
jest.setTimeout(120_000);
const sorted = (values: unknown) => [values ?? []].flat().map(String).sort();

/** What must not depend on any order: the verdict, and the claims as sets. */
function essence(verdict: Awaited<ReturnType<typeof decideHop>>): unknown {
  if (verdict.verdict !== 'permit') return verdict.verdict === 'deny' ? verdict.reason : 'error';
  const { aud, scp, act, exp } = renderClaims(verdict.token);
  return { aud: sorted(aud), scopes: sorted(scp), act, exp };
}

describe('a token can only shrink (docs/delegation.md section 5)', () => {
  it('TX-42 over random policies and chains of up to 8 hops, scopes, expiry and audience never grow and the chain is never shortened', async () => {
    let permits = 0;
    let longest = 0;
    const property = fc.asyncProperty(
      policy,
      root,
      fc.array(hop, { minLength: 1, maxLength: 8 }),
      async (rules, start, hops) => {
        let token = rootToken(start);
        for (const request of hops) {
          const verdict = await decideHop(rules, token, request);
          if (verdict.verdict !== 'permit') continue;
          const next = verifiedToken(renderClaims(verdict.token));
          permits++;
          expect(excessScopes(next.scopes ?? [], token.scopes ?? [])).toEqual([]);
          expect(next.expiresAt).toBeLessThanOrEqual(token.expiresAt);
          expect(next.subject).toBe('alice');
          expect(excessScopes(next.audience, audiencesFor(rules, request))).toEqual([]);
          expect(chainOf(next).slice(-chainOf(token).length || Infinity)).toEqual(chainOf(token));
          expect(chainOf(next).length - chainOf(token).length).toBeLessThanOrEqual(1);
          if (request.actor !== undefined) expect(chainOf(next)[0]).toBe(request.actor);
          expect(next.claims['anc']).toEqual(expect.arrayContaining([token.id, ...ancestorsOf(token.claims)]));
          longest = Math.max(longest, chainOf(next).length);
          token = next;
        }
      },
    );
    await fc.assert(property, RUNS);
    expect(permits).toBeGreaterThan(500);
    expect(longest).toBeGreaterThan(2);
  });

  it('does not depend on the order of rules, of targets or of scopes', async () => {
    const property = fc.asyncProperty(policy, root, hop, async (rules, start, request) => {
      const token = rootToken(start);
      const reverse: Hop = {
        ...request,
        resources: [...request.resources].reverse(),
        scopes: [...request.scopes].reverse(),
      };
      expect(essence(await decideHop([...rules].reverse(), token, reverse))).toEqual(
        essence(await decideHop(rules, token, request)),
      );
    });
    await fc.assert(property, RUNS);
  });

  it('gives with narrow=true what an exact request for it gives', async () => {
    const property = fc.asyncProperty(policy, root, hop, async (rules, start, request) => {
      const token = rootToken(start);
      const narrow = await decideHop(rules, token, { ...request, narrow: true });
      if (narrow.verdict !== 'permit' || narrow.token.scopes.length === 0) return;
      const exact = await decideHop(rules, token, { ...request, scopes: [...narrow.token.scopes], narrow: false });
      expect(essence(exact)).toEqual(essence(narrow));
    });
    await fc.assert(property, RUNS);
  });
});

function audiencesFor(rules: readonly object[], { resources }: Hop): string[] {
  const policyRules = rules as { patterns: string[]; audience?: string }[];
  return policyRules
    .filter(({ patterns }) => patterns.some((pattern) => resources.includes(pattern)))
    .flatMap(({ audience }) => audience ?? []);
}

function ancestorsOf(claims: JsonObject): unknown[] {
  return Array.isArray(claims['anc']) ? claims['anc'] : [];
}
