import { OAuthError } from '@mandate/oauth';
import { UpstreamError } from '@mandate/ports';
import type { EndpointRequest, Service } from '@mandate/service-kit';

/** A service with one endpoint per behaviour the kit promises. */
export function createDemoService(changes: Partial<Service> = {}): Service {
  const echo = ({ form, authorization, context, ...request }: EndpointRequest) =>
    Promise.resolve({
      body: {
        form: Object.fromEntries([...form].map(([name, values]) => [name, [...values]])),
        authorization: authorization ?? null,
        transactionId: context.transactionId,
        traceparent: context.traceparent ?? null,
        accept: request.header('Accept') ?? null,
      },
    });
  return {
    name: 'demo',
    ims: { ping: '/demo/info/ping', metrics: '/demo/metrics/prometheus' },
    endpoints: [
      { method: 'POST', paths: ['/echo', '/alias/echo'], handle: echo },
      { method: 'GET', paths: ['/page'], handle: () => Promise.resolve({ body: 'hello', contentType: 'text/plain' }) },
      { method: 'POST', paths: ['/fail'], handle: ({ form }) => reject(failure(form.get('how')?.[0])) },
    ],
    tokenEndpoints: [
      { path: '/token', grantTypes: ['a'], queryParameters: ['grant_type', 'scope'], handle: echo },
      { path: '/token', grantTypes: ['b'], handle: () => Promise.resolve({ status: 201, body: { grant: 'b' } }) },
    ],
    parts: [],
    metadata: { issuer: 'https://as.example.com/tenant', grant_types_supported: ['a'] },
    publicJwks: () => Promise.resolve({ keys: [{ kty: 'EC', kid: 'k1' }] }),
    close: () => Promise.resolve(),
    ...changes,
  };
}

/** Rejects with anything at all, as a handler with a bug might. */
function reject(reason: unknown): Promise<never> {
  // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- that is the case to test
  return Promise.reject(reason);
}

function failure(how: string | undefined): unknown {
  if (how === 'oauth') {
    const headers = { 'WWW-Authenticate': 'Bearer' };
    return new OAuthError('invalid_token', 'a "quoted" \\ text\r\nwith ümlaut', { detail: 'why it was', headers });
  }
  if (how === 'upstream') return new UpstreamError('opa', 'timeout');
  if (how === 'not an error') return 'secret-text-thrown';
  return Object.assign(new Error('the secret value is hunter2'), { code: 'EBUG', config: { headers: 'hunter2' } });
}
