import type { AuditEvent } from '@mandate/service-kit';

export const auditEvent: AuditEvent = {
  event: 'exchange',
  time: 1_800_000_000,
  transactionId: 't1',
  client: 'gateway',
  subject: { iss: 'https://users.example.com', sub: 'alice' },
  targets: ['https://images.example.com/photos'],
  scopes: ['read'],
  verdict: 'deny',
  reason: 'may_act_mismatch',
  latencyMs: 3,
};
