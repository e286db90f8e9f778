import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ExchangeVerdict } from '../../src/exchange/decide-exchange.js';
import { renderClaims } from '../../src/issue/token-claims.js';
import {
  decideHop,
  described,
  type Hop,
  hop,
  policy,
  type Root,
  root,
  rootToken,
  settings,
} from './random-exchange.js';

const RUNS = { numRuns: 2000 };
const TIMEOUT_MS = 120_000;

interface Condition {
  issuer?: string;
  subs?: string[];
  claims?: { tenant: string | string[] };
  sameClaim?: string[];
}
type Rule = Record<string, unknown> & { patterns: string[]; actors?: Condition | Condition[] };

/** The policy as it would be if nobody had described who may act. */
const undescribed = (rules: readonly object[]): object[] => rules.map((rule) => ({ ...rule, actors: undefined }));

const matching = (rules: readonly object[], { resources }: Hop): Rule[] =>
  (rules as Rule[]).filter(({ patterns }) => patterns.some((pattern) => resources.includes(pattern)));

/** Whether a rule that describes actors describes the one of the hop: the calling client, where there is none. */
function isDescribed({ actors }: Rule, { tenant }: Root, { actor = 'gateway', ...asked }: Hop & { byClient: boolean }) {
  const of = asked.byClient ? undefined : asked.actorTenant;
  return [actors ?? []]
    .flat()
    .some(
      ({ issuer = settings.issuer, subs = [actor], claims, sameClaim }) =>
        issuer === settings.issuer &&
        subs.includes(actor) &&
        (claims === undefined || (of !== undefined && [claims.tenant].flat().includes(of))) &&
        (sameClaim === undefined || (of !== undefined && of === tenant)),
    );
}

/** What an outcome comes to, without what is different in each token. */
function essence(verdict: ExchangeVerdict): unknown {
  if (verdict.verdict !== 'permit') return verdict.verdict === 'deny' ? verdict.reason : 'error';
  const { aud, scope, act, exp } = renderClaims(verdict.token);
  return { aud, scope, act, exp };
}

describe('a rule that describes its actors (docs/policies.md)', () => {
  it(
    'permits, beside the consent of the subject, no more than it would without: the same to those described, else nothing',
    async () => {
      const seen = { permit: 0, refused: 0, denied: 0 };
      const property = fc.asyncProperty(policy, root, hop, async (rules, start, asked) => {
        const consenting = { ...start, mayAct: asked.actor };
        const token = rootToken(consenting);
        const allDescribed = matching(rules, asked).every(
          (rule) =>
            rule.actors === undefined || isDescribed(rule, start, { ...asked, byClient: asked.actor === undefined }),
        );
        const [given, without] = [
          essence(await decideHop(rules, token, asked)),
          essence(await decideHop(undescribed(rules), token, asked)),
        ];
        if (allDescribed) expect(given).toEqual(without);
        else
          expect(typeof without === 'string' ? [without, 'actor_not_allowed'] : ['actor_not_allowed']).toContain(given);
        if (without === 'policy_denied') expect(given).toBe('policy_denied');
        if (typeof given !== 'string') seen.permit++;
        if (given === 'actor_not_allowed' && given !== without) seen.refused++;
        if (given === 'policy_denied') seen.denied++;
      });
      await fc.assert(property, RUNS);
      expect(Math.min(seen.permit, seen.refused, seen.denied)).toBeGreaterThan(50);
    },
    TIMEOUT_MS,
  );

  it(
    'permits without the consent of the subject whom it describes alone, and without an actor token a described client alone',
    async () => {
      const seen = { actor: 0, client: 0 };
      const permitting = policy.map((rules) => rules.filter((rule) => !('deny' in rule)).slice(0, 2));
      const describing = fc
        .tuple(permitting, described)
        .map(([rules, actors]) => rules.map((rule) => ({ ...rule, actors, allowedActors: undefined })));
      const property = fc.asyncProperty(describing, root, hop, async (rules, start, hopped) => {
        const asked = { ...hopped, scopes: [], resources: hopped.resources.slice(0, 1) };
        const verdict = await decideHop(rules, rootToken({ ...start, mayAct: undefined }), asked);
        if (verdict.verdict !== 'permit') return;
        const byClient = asked.actor === undefined;
        for (const rule of matching(rules, asked)) expect(isDescribed(rule, start, { ...asked, byClient })).toBe(true);
        seen[byClient ? 'client' : 'actor']++;
      });
      await fc.assert(property, RUNS);
      expect(Math.min(seen.actor, seen.client)).toBeGreaterThan(20);
    },
    TIMEOUT_MS,
  );
});
