import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Identity } from '@mandate/oauth';
import { UpstreamError } from '@mandate/ports';
import {
  createPolicyChain,
  type Disagreement,
  type Grant,
  type PolicyBackend,
  type PolicyDecision,
  type ShadowOptions,
  withShadow,
} from '@mandate/policy';
import { policyContext, policyQuestion, until } from '@mandate/testing';
import type { ShadowOutcome } from '../src/shadow.js';

const grant: Grant = {
  audience: 'A',
  scopes: ['read', 'write'],
  expirationSeconds: 60,
  allowedActors: ['bob'],
  additionalClaims: { tier: 'gold', canary: 'value-canary' },
};
const permit = (...grants: Partial<Grant>[]): PolicyDecision => ({
  outcome: 'permit',
  rules: ['r'],
  grants: grants.map((one) => ({ ...grant, ...one })),
});
const BOB: Identity = { iss: 'https://users.example.com', sub: 'bob' };
const deny: PolicyDecision = { outcome: 'deny', rules: ['r'] };
const notApplicable: PolicyDecision = { outcome: 'not_applicable' };

type Behaviour = PolicyDecision | 'hang' | 'throw' | 'reject' | 'slow';

function backend(name: string, behaviour: Behaviour): PolicyBackend {
  return {
    name,
    decide() {
      if (behaviour === 'hang') return new Promise(() => undefined);
      if (behaviour === 'throw') throw new TypeError('a bug in the shadow');
      if (behaviour === 'reject') return Promise.reject(new UpstreamError(name, 'timeout'));
      if (behaviour === 'slow') return new Promise((resolve) => setTimeout(() => resolve(permit({})), 30));
      return Promise.resolve(behaviour);
    },
  };
}

const chainOf = (name: string, behaviour: Behaviour) => createPolicyChain([backend(name, behaviour)]);

/** Decides once with a shadow; waits for as long as it takes the evaluation aside to end. */
async function compare(one: Behaviour, other: Behaviour, options: Partial<ShadowOptions> = {}) {
  const disagreements: Disagreement[] = [];
  const outcome = new Promise<ShadowOutcome>((onOutcome) => {
    const reports = { onOutcome, onDisagreement: (report: Disagreement) => void disagreements.push(report) };
    const chain = withShadow(chainOf('one', one), chainOf('other', other), {
      concurrency: 1,
      timeoutMs: other === 'hang' ? 20 : 20_000,
      ...reports,
      ...options,
    });
    void chain.decide(policyQuestion(), policyContext());
  });
  const ending = await outcome;
  await new Promise((resolve) => setImmediate(resolve));
  return { outcome: ending, disagreement: disagreements[0] };
}

describe('withShadow', () => {
  it('answers as without it, whatever the second list does', async () => {
    const scopes = fc.subarray(['read', 'write', 'admin']);
    const decision = fc.oneof(
      fc.constantFrom(deny, notApplicable),
      scopes.map((grantedScopes) => permit({ scopes: grantedScopes })),
    );
    const behaviour = fc.oneof(decision, fc.constantFrom<Behaviour>('hang', 'throw', 'reject', 'slow'));
    const failure = fc.constantFrom<Behaviour>('reject', 'throw');
    const property = fc.asyncProperty(fc.oneof(decision, failure), behaviour, async (first, second) => {
      const answerOf = (chain: ReturnType<typeof chainOf>) =>
        chain.decide(policyQuestion(), policyContext()).catch((error: unknown) => ({ error: String(error) }));
      const explode = () => {
        throw new Error('a report that fails');
      };
      const options = { concurrency: 2, timeoutMs: 5, onOutcome: explode, onDisagreement: explode };
      const shadow = withShadow(chainOf('one', first), chainOf('other', second), options);
      expect(await answerOf(shadow)).toEqual(await answerOf(chainOf('one', first)));
    });
    await fc.assert(property, { numRuns: 300 });
  });

  it('does not wait for the second list, not even to begin', async () => {
    let isAsked = false;
    const backendAside: PolicyBackend = {
      name: 'other',
      decide: () => {
        isAsked = true;
        return new Promise(() => undefined);
      },
    };
    const options = { concurrency: 1, timeoutMs: 20, onDisagreement: () => undefined };
    const chain = withShadow(chainOf('one', deny), createPolicyChain([backendAside]), options);
    expect((await chain.decide(policyQuestion(), policyContext())).decision).toBe(deny);
    expect(isAsked).toBe(false);
    await until(() => isAsked);
  });

  it.each<[Behaviour, Behaviour, ShadowOutcome]>([
    [deny, deny, 'agreed'],
    [deny, permit({}), 'disagreed'],
    [deny, 'reject', 'failed'],
    [deny, 'throw', 'failed'],
    [deny, 'hang', 'timeout'],
  ])('says how an evaluation aside ended (%#)', async (one, other, outcome) => {
    expect(await compare(one, other)).toMatchObject({ outcome });
  });

  it('evaluates no more aside than it may, and gives the place back after a hang', async () => {
    const outcomes: ShadowOutcome[] = [];
    const chain = withShadow(chainOf('one', deny), chainOf('other', 'hang'), {
      concurrency: 2,
      timeoutMs: 20,
      onDisagreement: () => undefined,
      onOutcome: (outcome) => void outcomes.push(outcome),
    });
    const ask = () => chain.decide(policyQuestion(), policyContext());
    await Promise.all([ask(), ask(), ask(), ask()]);
    await until(() => outcomes.length === 4);
    expect(outcomes.sort()).toEqual(['skipped', 'skipped', 'timeout', 'timeout']);
    await ask();
    await until(() => outcomes.filter((outcome) => outcome === 'timeout').length === 3);
  });

  it('gives the second list a signal of its own, which ends with the deadline and not with the caller', async () => {
    const signals: AbortSignal[] = [];
    const backendAside: PolicyBackend = {
      name: 'other',
      decide: (_request, { signal }) => {
        signals.push(signal());
        return new Promise(() => undefined);
      },
    };
    const caller = new AbortController();
    const decideWithin = async (timeoutMs: number) => {
      const options = { concurrency: 1, timeoutMs, onDisagreement: () => undefined };
      const chain = withShadow(chainOf('one', deny), createPolicyChain([backendAside]), options);
      const signalsBefore = signals.length;
      await chain.decide(policyQuestion(), policyContext({ signal: () => caller.signal }));
      await until(() => signals.length > signalsBefore);
    };
    await decideWithin(20_000);
    caller.abort();
    expect(signals[0]?.aborted).toBe(false);
    await decideWithin(20);
    await until(() => signals[1]?.aborted === true);
    expect(signals[0]?.aborted).toBe(false);
  });

  it('takes the scope ceiling from the first list', () => {
    const liftingChain = (name: string, lifts: boolean) =>
      createPolicyChain([{ ...backend(name, deny), liftsScopeCeiling: () => lifts }]);
    const [one, other] = [liftingChain('one', false), liftingChain('other', true)];
    const chain = withShadow(one, other, { concurrency: 1, timeoutMs: 1, onDisagreement: () => undefined });
    expect(chain.liftsScopeCeiling()).toBe(false);
  });
});

describe('a disagreement', () => {
  it('names the two verdicts and who gave them', async () => {
    const { disagreement } = await compare(permit({}), notApplicable);
    expect(disagreement).toEqual({
      differences: ['verdict'],
      claims: [],
      decided: { verdict: 'permit', backend: 'one' },
      shadow: { verdict: 'not_applicable', backend: undefined },
      latencyMs: expect.any(Number),
    });
  });

  it.each<[string, Partial<Grant>, string[]]>([
    ['audiences', { audience: 'B' }, ['audiences']],
    ['scopes', { scopes: ['read'] }, ['scopes']],
    ['open scopes', { scopes: undefined } as unknown as Partial<Grant>, ['scopes']],
    ['actors', { allowedActors: [BOB] }, ['actors']],
    ['no list of actors', { allowedActors: [] }, ['actors']],
    ['the expiration', { expirationSeconds: 61 }, ['expiration']],
    ['a switch', { impersonation: false }, ['switches']],
    ['claims', { additionalClaims: { tier: 'iron', extra: 1, canary: 'value-canary' } }, ['claims']],
    ['several at once', { scopes: [], expirationSeconds: 1 }, ['scopes', 'expiration']],
  ])('of two permits says what differs: %s', async (_name, other, differences) => {
    const { disagreement } = await compare(permit({}), permit(other));
    expect(disagreement?.differences).toEqual(differences);
    if (differences.includes('claims')) expect(disagreement?.claims).toEqual(['extra', 'tier']);
    expect(JSON.stringify(disagreement)).not.toMatch(/value-canary|gold|iron/);
  });

  it('is none where only order, or the cut into rules, differs', async () => {
    const oneGrant = permit({ scopes: ['read', 'write'], additionalClaims: { a: { x: 1, y: 2 }, b: 1 } });
    const twoGrants = permit(
      { scopes: ['write'], additionalClaims: { b: 1 } },
      { scopes: ['read'], expirationSeconds: 90, additionalClaims: { a: { y: 2, x: 1 } } },
    );
    expect(await compare(oneGrant, twoGrants)).toMatchObject({ outcome: 'agreed' });
  });

  it('is one where the grants of one permit contradict each other, and none where those of both do', async () => {
    const conflict = permit({ additionalClaims: { a: 1 } }, { additionalClaims: { a: 2 } });
    expect(await compare(permit({}), conflict)).toMatchObject({ disagreement: { differences: ['verdict'] } });
    expect(await compare(conflict, conflict)).toMatchObject({ outcome: 'agreed' });
  });
});
