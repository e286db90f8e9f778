import { expect, it } from '@jest/globals';
import { createLogger, type Endpoint } from '@mandate/service-kit';
import { createLocalConsent } from '../../src/consent/local-consent.js';

it('what authentication logs in this process has the transaction and trace of the request', async () => {
  const lines: string[] = [];
  const logger = createLogger({ level: 'info', service: 'test', destination: { write: (line) => lines.push(line) } });
  const endpoint: Endpoint = {
    method: 'POST',
    paths: ['/service/bc-authorize'],
    metadata: { name: 'backchannel_authentication' },
    handle({ context }) {
      context.log.info('asked');
      return Promise.resolve({ body: { auth_req_id: 'question', expires_in: 120, interval: 5 } });
    },
  };
  const consent = createLocalConsent(
    {
      service: () => ({ endpoints: [endpoint], tokenEndpoints: [] }),
      client: { clientId: 'token-exchange', secret: 'secret' },
    },
    { resource: 'https://exchange.example.com', logger },
  );
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
  const agreement = { actor: { sub: 'bob' }, scopes: ['read'], locations: ['https://images.example.com'] };
  await consent.ask(
    { loginHint: 'alice', agreement },
    {
      transactionId: 'transaction-4711',
      traceparent: `00-${traceId}-00f067aa0ba902b7-01`,
      signal: () => new AbortController().signal,
    },
  );
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    expect.objectContaining({ msg: 'asked', transactionId: 'transaction-4711', traceId }),
  ]);
});
