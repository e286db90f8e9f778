import { describe, expect, it } from '@jest/globals';
import type { Client } from '@mandate/clients';
import {
  createMemoryDelegationStore,
  createMemoryRefreshTokenStore,
  createOpaqueIdentifier,
  digestOf,
} from '@mandate/delegations';
import { createLogger, localRequest } from '@mandate/service-kit';
import { fixedClock, TEST_START } from '@mandate/testing';
import { createMemoryRevocationStore, type RevocationStore } from '@mandate/token';
import { createRefreshTokenGrant } from '../../src/grants/refresh-token.js';

const subject = { iss: 'https://as.example.com', sub: 'alice' };
const until = TEST_START + 600;
const client: Client = { clientId: 'keeper', secrets: [], scopes: ['read'], attributes: {} };

describe('a cut-off that comes while a refresh token is looked at', () => {
  it('ends by their iat the tokens that come of it', async () => {
    const clock = fixedClock();
    const memory = createMemoryRevocationStore({ clock });
    let before = 0;
    const revocations: RevocationStore = {
      ...memory,
      async isAnyRevoked(questions) {
        const answer = await memory.isAnyRevoked(questions);
        before = clock() + 1;
        clock.advance(1);
        return answer;
      },
    };
    const delegations = createMemoryDelegationStore({ clock });
    const refreshTokens = createMemoryRefreshTokenStore({ clock });
    const refreshToken = createOpaqueIdentifier();
    const terms = { clientId: 'keeper', scopes: ['read'] };
    const delegation = { ...terms, id: 'grant', subject, actor: { clientId: 'keeper' }, locations: [], until };
    await delegations.record({ ...delegation, created: TEST_START, used: 0, origin: 'ciba' });
    const kept = { ...terms, grantId: 'grant', sub: 'alice', resources: [], expiresAt: until };
    await refreshTokens.issue({ ...kept, digest: digestOf(refreshToken) });
    let issuedAt = NaN;
    const grant = createRefreshTokenGrant({
      refreshTokens,
      delegations,
      revocations,
      endDelegation: () => Promise.resolve(),
      issuePersonTokens() {
        issuedAt = clock();
        return Promise.resolve({ token: 't', tokenId: 'i', tokenType: 'Bearer', expiresIn: 60, scopes: ['read'] });
      },
    });
    const context = {
      transactionId: 't',
      traceparent: undefined,
      log: createLogger({ level: 'silent', service: 'test' }),
    };
    const request = localRequest({
      form: new Map([['refresh_token', [refreshToken]]]),
      authorization: undefined,
      address: () => '192.0.2.1',
      context,
      signal: () => AbortSignal.timeout(10_000),
    });
    const caller = { clientId: 'keeper', issuer: subject.iss, own: true, scopes: ['read'], attributes: {}, client };
    await grant.issue({ ...request, caller: { ...caller, bearer: undefined, method: 'client_secret_basic' } });
    expect(issuedAt).toBeLessThan(before);
  });
});
