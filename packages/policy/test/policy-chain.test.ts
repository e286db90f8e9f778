import { describe, expect, it } from '@jest/globals';
import { UpstreamError } from '@mandate/ports';
import { createPolicyChain, type PolicyBackend, type PolicyDecision } from '@mandate/policy';
import { policyContext, policyQuestion } from '@mandate/testing';

const permit: PolicyDecision = { outcome: 'permit', rules: ['r'], grants: [{ audience: 'A' }] };
const deny: PolicyDecision = { outcome: 'deny', rules: ['r'] };
const notApplicable: PolicyDecision = { outcome: 'not_applicable', uncovered: ['a'] };

const backend = (name: string, decision: PolicyDecision | Error): PolicyBackend => ({
  name,
  decide: () => (decision instanceof Error ? Promise.reject(decision) : Promise.resolve(decision)),
});

const decide = (...backends: PolicyBackend[]) => createPolicyChain(backends).decide(policyQuestion(), policyContext());

describe('createPolicyChain', () => {
  it('lets the first permit or deny decide', async () => {
    const answer = await decide(backend('one', notApplicable), backend('two', deny), backend('three', permit));
    expect(answer).toEqual({
      decision: deny,
      backend: 'two',
      consulted: [
        { backend: 'one', outcome: 'not_applicable' },
        { backend: 'two', outcome: 'deny' },
      ],
    });
  });

  it('stays not applicable when no backend applies', async () => {
    expect(await decide(backend('one', notApplicable))).toMatchObject({
      decision: { outcome: 'not_applicable', uncovered: ['a'] },
      backend: undefined,
    });
    const unmet = [{ rule: 'r', target: 'a', conditions: ['clients'] }];
    const outcome = await decide(backend('one', notApplicable), backend('two', { ...notApplicable, unmet }));
    expect(outcome.decision).toEqual({ outcome: 'not_applicable', uncovered: ['a'], unmet });
    expect(await decide()).toMatchObject({ decision: { outcome: 'not_applicable' } });
  });

  it('X12 fails with the backend that fails, and never asks the next', async () => {
    const failingBackend = backend('one', new UpstreamError('opa', 'timeout'));
    await expect(decide(failingBackend, backend('two', permit))).rejects.toMatchObject({ name: 'UpstreamError' });
  });

  it('takes a permit without a grant for a failure', async () => {
    const emptyPermit = backend('one', { outcome: 'permit', rules: [], grants: [] });
    await expect(decide(emptyPermit)).rejects.toMatchObject({ name: 'UpstreamError', failure: 'malformed' });
  });

  it('lifts the scope ceiling when any backend can', () => {
    const liftingBackend = { ...backend('two', permit), liftsScopeCeiling: () => true };
    expect(createPolicyChain([backend('one', permit), liftingBackend]).liftsScopeCeiling()).toBe(true);
    expect(createPolicyChain([backend('one', permit)]).liftsScopeCeiling()).toBe(false);
  });
});
