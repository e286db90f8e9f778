import { describe, expect, it } from '@jest/globals';
import { createMemoryDelegationStore, createMemoryRefreshTokenStore } from '@mandate/delegations';
import { fixedClock, TEST_START } from '@mandate/testing';
import { createMemoryRevocationStore, isGrantRevoked } from '@mandate/token';
import type { AuditEvent, AuditSink } from '@mandate/service-kit';
import { createDelegationLog } from '../../src/delegations/delegation-log.js';
import { createEndDelegation } from '../../src/delegations/end-delegation.js';

const delegation = {
  id: 'delegation',
  subject: { iss: 'https://as.example.com', sub: 'alice' },
  actor: { clientId: 'desk' },
  clientId: 'desk',
  scopes: ['read'],
  locations: [],
  created: TEST_START,
  until: TEST_START + 600,
  used: 0,
  origin: 'ciba',
} as const;

describe('a delegation that is ended', () => {
  it('stays so for what came of its ID token as an assertion, which may outlive it by the life of a token', async () => {
    const clock = fixedClock();
    const revocations = createMemoryRevocationStore({ clock });
    const delegations = createMemoryDelegationStore({ clock });
    const refreshTokens = createMemoryRefreshTokenStore({ clock });
    const nothing = () => Promise.resolve();
    const log = { question: nothing, answer: nothing, start: nothing, end: nothing };
    await delegations.record(delegation);
    const end = createEndDelegation({ delegations, refreshTokens, revocations, log });
    await end(delegation.id, 'revoked', { transactionId: 't', traceparent: undefined });
    clock.advance(600 + 86_400);
    expect(await isGrantRevoked(revocations, delegation.id)).toBe(true);
  });

  it('is told with the issuer of its client where that is no client of ours', async () => {
    const events: AuditEvent[] = [];
    const audit: AuditSink = {
      record(event) {
        events.push(event);
        return Promise.resolve();
      },
    };
    const log = createDelegationLog({ audit, issuer: 'https://as.example.com', clock: fixedClock() });
    const context = { transactionId: 't', traceparent: undefined };
    await log.end({ ...delegation, clientIssuer: 'https://users.example.com' }, 'revoked', context);
    await log.end(delegation, 'revoked', context);
    expect(events.map(({ client, clientIssuer }) => [client, clientIssuer])).toEqual([
      ['desk', 'https://users.example.com'],
      ['desk', undefined],
    ]);
  });
});
