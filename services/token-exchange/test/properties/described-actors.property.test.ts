import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import type { ExchangeVerdict } from '../../src/exchange/decide-exchange.js';
import { renderClaims } from '../../src/issue/token-claims.js';
import {
  decideHop,
  actorConditions,
  type Hop,
  hop,
  policy,
  type Root,
  root,
  rootToken,
  settings,
} from './random-exchange.js';

const RUNS = { numRuns: 2000 };
jest.setTimeout(120_000);

interface Condition {
  issuer?: string;
  subs?: string[];
  claims?: { tenant: string | string[] };
  sameClaim?: string[];
}
type Rule = Record<string, unknown> & { patterns: string[]; actors?: Condition | Condition[] };

/** The policy as it would be if nobody had described who may act. */
const withoutConditions = (rules: readonly object[]): object[] => rules.map((rule) => ({ ...rule, actors: undefined }));

const rulesAt = (rules: readonly object[], { resources }: Hop): Rule[] =>
  (rules as Rule[]).filter(({ patterns }) => patterns.some((pattern) => resources.includes(pattern)));

/** Whether a rule that describes actors describes the one of the hop: the calling client, where there is none. */
function isDescribed({ actors }: Rule, { tenant }: Root, { actor: name, actorTenant }: Hop) {
  const actor = name ?? 'gateway';
  const ownTenant = name === undefined ? undefined : actorTenant;
  return [actors ?? []]
    .flat()
    .some(
      ({ issuer = settings.issuer, subs = [actor], claims, sameClaim }) =>
        issuer === settings.issuer &&
        subs.includes(actor) &&
        (claims === undefined || (ownTenant !== undefined && [claims.tenant].flat().includes(ownTenant))) &&
        (sameClaim === undefined || (ownTenant !== undefined && ownTenant === tenant)),
    );
}

/** What an outcome comes to, without what is different in each token. */
function essence(verdict: ExchangeVerdict): unknown {
  if (verdict.verdict !== 'permit') return verdict.verdict === 'deny' ? verdict.reason : 'error';
  const { aud, scope, act, exp } = renderClaims(verdict.token);
  return { aud, scope, act, exp };
}

describe('a rule that describes its actors (docs/policies.md)', () => {
  it('permits, beside the consent of the subject, no more than it would without: the same to those described, else nothing', async () => {
    const counts = { permit: 0, refusal: 0, denial: 0 };
    const property = fc.asyncProperty(policy, root, hop, async (rules, start, request) => {
      const token = rootToken({ ...start, mayAct: request.actor });
      const allDescribed = rulesAt(rules, request).every(
        (rule) => rule.actors === undefined || isDescribed(rule, start, request),
      );
      const outcome = essence(await decideHop(rules, token, request));
      const without = essence(await decideHop(withoutConditions(rules), token, request));
      if (allDescribed) expect(outcome).toEqual(without);
      else expect(['actor_not_allowed', ...(typeof without === 'string' ? [without] : [])]).toContain(outcome);
      if (without === 'policy_denied') expect(outcome).toBe('policy_denied');
      if (typeof outcome !== 'string') counts.permit++;
      if (outcome === 'actor_not_allowed' && outcome !== without) counts.refusal++;
      if (outcome === 'policy_denied') counts.denial++;
    });
    await fc.assert(property, RUNS);
    expect(Math.min(counts.permit, counts.refusal, counts.denial)).toBeGreaterThan(50);
  });

  it('permits without the consent of the subject whom it describes alone, and without an actor token a described client alone', async () => {
    const counts = { actor: 0, client: 0 };
    const permitPolicies = policy.map((rules) => rules.filter((rule) => !('deny' in rule)).slice(0, 2));
    const describedPolicies = fc
      .tuple(permitPolicies, actorConditions)
      .map(([rules, actors]) => rules.map((rule) => ({ ...rule, actors, allowedActors: undefined })));
    const property = fc.asyncProperty(describedPolicies, root, hop, async (rules, start, drawnHop) => {
      const request = { ...drawnHop, scopes: [], resources: drawnHop.resources.slice(0, 1) };
      const verdict = await decideHop(rules, rootToken({ ...start, mayAct: undefined }), request);
      if (verdict.verdict !== 'permit') return;
      for (const rule of rulesAt(rules, request)) expect(isDescribed(rule, start, request)).toBe(true);
      counts[request.actor === undefined ? 'client' : 'actor']++;
    });
    await fc.assert(property, RUNS);
    expect(Math.min(counts.actor, counts.client)).toBeGreaterThan(20);
  });
});
