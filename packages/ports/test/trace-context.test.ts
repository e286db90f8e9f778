import { describe, expect, it } from '@jest/globals';
import { traceHeaders, traceIdOf } from '@mandate/ports';

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('traceHeaders', () => {
  it('names the transaction and continues the trace', () => {
    expect(traceHeaders({ transactionId: 't-1', traceparent })).toEqual({
      'X-ForgeRock-TransactionId': 't-1',
      traceparent,
    });
  });

  it('has no traceparent where the caller traces nothing', () => {
    const headers = traceHeaders({ transactionId: 't-1', traceparent: undefined });
    expect(Object.keys(headers)).toEqual(['X-ForgeRock-TransactionId']);
  });

  it('takes nothing else of a context along', () => {
    const context = { transactionId: 't-1', traceparent, callerToken: 'secret' };
    expect(JSON.stringify(traceHeaders(context))).not.toContain('secret');
  });
});

describe('traceIdOf', () => {
  it('is the second part of a traceparent (W3C Trace Context section 3.2.2.3)', () => {
    expect(traceIdOf(traceparent)).toBe('0af7651916cd43dd8448eb211c80319c');
    expect(traceIdOf(undefined)).toBeUndefined();
  });
});
