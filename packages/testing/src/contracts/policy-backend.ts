import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { PolicyBackend, PolicyContext, PolicyRequest } from '@mandate/policy';
import { TOKEN_TYPE } from '@mandate/oauth';

/**
 * The backend under contract must hold one policy, whatever its own notation:
 * `https://images.example.com/` to audience `https://images.example.com`: scopes `read write`, 120 s, actor `bob`,
 * claim `department: photos`; `https://reports.example.com/` to the same-named audience: scope `read`; everything at
 * `https://closed.example.com/` denied; nothing said about any other target.
 */
export interface PolicyBackendUnderContract {
  backend: PolicyBackend;
  close?: () => Promise<void>;
}

/** A question about `alice`, asked by the client `gateway`. */
export function policyQuestion(members: Partial<PolicyRequest> = {}): PolicyRequest {
  return {
    origin: 'token_exchange',
    subject: { iss: 'https://users.example.com', sub: 'alice', claims: { sub: 'alice', country: 'NO' } },
    actor: null,
    chain: [],
    client: { id: 'gateway', iss: 'https://as.example.com', own: true, scopes: ['exchange'], attributes: {} },
    resources: [],
    audiences: [],
    scopes: [],
    requestedTokenType: TOKEN_TYPE.accessToken,
    ...members,
  };
}

/** The context of a question; its caller waits for as long as it takes. */
export function policyContext(members: Partial<PolicyContext> = {}): PolicyContext {
  const transactionId = 'b7c1f0de-0000-4000-8000-000000000001';
  const subjectToken = { token: 'subject.token.asreceived', declaredType: TOKEN_TYPE.accessToken };
  return {
    subjectToken,
    transactionId,
    traceparent: undefined,
    signal: () => new AbortController().signal,
    ...members,
  };
}

/** What every policy backend promises, whichever way it decides. */
export function describePolicyBackendContract(name: string, make: () => Promise<PolicyBackendUnderContract>): void {
  describe(`policy backend contract: ${name}`, () => {
    let underTest: PolicyBackendUnderContract;
    const decide = (members: Partial<PolicyRequest>) =>
      underTest.backend.decide(policyQuestion(members), policyContext());

    beforeAll(async () => {
      underTest = await make();
    });
    afterAll(async () => underTest.close?.());

    it('permits what the policy grants, with its scopes, lifetime, actors and claims', async () => {
      const decision = await decide({ resources: ['https://images.example.com/'] });
      expect(decision).toMatchObject({
        outcome: 'permit',
        grants: [
          {
            audience: 'https://images.example.com',
            expirationSeconds: 120,
            // A backend may know more spellings of a name than the policy.
            allowedActors: expect.arrayContaining(['bob']),
            additionalClaims: { department: 'photos' },
          },
        ],
      });
      const scopes = decision.outcome === 'permit' ? decision.grants[0]?.scopes : undefined;
      expect([...(scopes ?? [])].sort()).toEqual(['read', 'write']);
    });

    it('grants each of several targets', async () => {
      const decision = await decide({ resources: ['https://images.example.com/', 'https://reports.example.com/'] });
      const audiences = decision.outcome === 'permit' ? decision.grants.map(({ audience }) => audience) : [];
      expect(audiences.sort()).toEqual(['https://images.example.com', 'https://reports.example.com']);
    });

    it('answers a question by audience as well', async () => {
      const decision = await decide({ audiences: ['https://reports.example.com'] });
      expect(decision).toMatchObject({ outcome: 'permit', grants: [{ audience: 'https://reports.example.com' }] });
    });

    it('denies what the policy denies, beside whatever else is asked', async () => {
      const targets = { resources: ['https://images.example.com/', 'https://closed.example.com/'] };
      expect(await decide(targets)).toMatchObject({ outcome: 'deny' });
      expect(await decide({ resources: [...targets.resources].reverse() })).toMatchObject({ outcome: 'deny' });
    });

    it('TX-35 does not permit a part of the targets', async () => {
      const decision = await decide({ resources: ['https://images.example.com/', 'https://unknown.example.com/'] });
      expect(decision.outcome).not.toBe('permit');
    });

    it('does not apply to what the policy does not speak of', async () => {
      expect(await decide({ resources: ['https://unknown.example.com/'] })).toMatchObject({
        outcome: 'not_applicable',
      });
      expect(await decide({})).toMatchObject({ outcome: 'not_applicable' });
    });

    it('X7 compares targets octet for octet', async () => {
      expect(await decide({ audiences: ['https://REPORTS.example.com'] })).not.toMatchObject({ outcome: 'permit' });
      expect(await decide({ resources: ['https://images.example.com.evil.example/'] })).not.toMatchObject({
        outcome: 'permit',
      });
    });
  });
}
