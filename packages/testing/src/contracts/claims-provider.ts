import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ClaimsProvider } from '@mandate/policy';
import { policyContext, policyQuestion } from './policy-backend.js';

/**
 * The provider under contract must know of `alice` that her `tier` is `gold` and her `groups` are `a` and `b`, of `bob`
 * nothing, and must have no answer about `eve`.
 */
export interface ClaimsProviderUnderContract {
  provider: ClaimsProvider;
  close?: () => Promise<void>;
}

/** What every claims provider promises, whichever way it knows. */
export function describeClaimsProviderContract(name: string, make: () => Promise<ClaimsProviderUnderContract>): void {
  describe(`claims provider contract: ${name}`, () => {
    let underTest: ClaimsProviderUnderContract;
    const claimsOf = (sub: string) => {
      const question = policyQuestion({ subject: { iss: 'https://users.example.com', sub, claims: { sub } } });
      return underTest.provider.claimsFor(question, policyContext());
    };
    beforeAll(async () => {
      underTest = await make();
    });
    afterAll(async () => underTest.close?.());

    it('gives what it knows of a subject, the same each time', async () => {
      expect(await claimsOf('alice')).toEqual({ tier: 'gold', groups: ['a', 'b'] });
      expect(await claimsOf('alice')).toEqual({ tier: 'gold', groups: ['a', 'b'] });
    });

    it('gives nothing of whom it knows nothing', async () => {
      expect(await claimsOf('bob')).toEqual({});
    });

    it('fails where it has no answer, rather than to give none', async () => {
      await expect(claimsOf('eve')).rejects.toMatchObject({ name: 'UpstreamError' });
      await expect(claimsOf('eve')).rejects.toMatchObject({ name: 'UpstreamError' });
    });
  });
}
