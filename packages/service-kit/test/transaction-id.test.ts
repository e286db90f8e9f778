import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type LoopbackService, startOnLoopback } from '@mandate/service-kit/testing';
import { createDemoService } from './demo-service.js';

describe('with TRUST_TRANSACTION_ID_HEADER', () => {
  let service: LoopbackService;
  beforeAll(async () => {
    service = await startOnLoopback(() => [createDemoService()], { env: { TRUST_TRANSACTION_ID_HEADER: 'true' } });
  });
  afterAll(() => service.stop());

  it('takes the header, echoes it and writes it on log lines, unless it could harm them', async () => {
    const ask = async (id: string) => {
      const headers = { 'X-ForgeRock-TransactionId': id };
      return (await fetch(`${service.publicUrl}/echo`, { method: 'POST', headers })).headers.get(
        'x-forgerock-transactionid',
      );
    };
    expect(await ask('abc-123/0')).toBe('abc-123/0');
    expect(service.logLines.some((line) => line.includes('"transactionId":"abc-123/0"'))).toBe(true);
    expect(await ask('has space')).not.toBe('has space');
    expect(await ask('x'.repeat(129))).not.toContain('xxx');
  });
});
