import { OAuthError } from '@mandate/oauth';
import { UpstreamError } from '@mandate/ports';
import type { Endpoint, EndpointRequest, Service, TokenEndpoint } from '@mandate/service-kit';

const token: Pick<TokenEndpoint, 'paths' | 'metadata'> = {
  paths: ['/token', '/alias/token'],
  metadata: { name: 'token', authentication: { methods: ['client_secret_basic'], signingAlgorithms: [] } },
};

/** A service with one endpoint per behaviour the kit promises. */
export function createDemoService(changes: Partial<Service> = {}): Service {
  const echo = ({ form, authorization, context, ...request }: EndpointRequest) =>
    Promise.resolve({
      body: {
        form: Object.fromEntries([...form].map(([name, values]) => [name, [...values]])),
        authorization: authorization?.scheme ?? null,
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
      {
        method: 'GET',
        paths: ['/things/{id}'],
        handle: ({ segment }) => Promise.resolve({ body: { id: segment ?? null } }),
      },
      { method: 'DELETE', paths: ['/things/{id}'], handle: () => Promise.resolve({ status: 204 }) },
      { method: 'GET', paths: ['/things/exact'], handle: () => Promise.resolve({ body: { exact: true } }) },
      { method: 'GET', paths: ['/browser'], handle: greet },
      {
        method: 'POST',
        paths: ['/json'],
        accepts: 'json',
        handle: ({ json, form }) => Promise.resolve({ body: { json: json ?? null, parameters: form.size } }),
      },
      { method: 'POST', paths: ['/fail'], handle: ({ form }) => reject(failure(form.get('how')?.[0])) },
    ],
    tokenEndpoints: [
      { ...token, grantType: 'a', queryParameters: ['grant_type', 'scope'], handle: echo },
      { ...token, grantType: 'b', handle: () => Promise.resolve({ status: 201, body: { grant: 'b' } }) },
    ],
    parts: [],
    issuer: 'https://as.example.com/tenant',
    publicJwks: () => Promise.resolve({ keys: [{ kty: 'EC', kid: 'k1' }] }),
    close: () => Promise.resolve(),
    ...changes,
  };
}

/** A page for a browser, out of its query string and a cookie. */
function greet({ query, cookie }: EndpointRequest): ReturnType<Endpoint['handle']> {
  const body = `<p>${cookie('__Host-session') ?? 'nobody'} ${query().get('state')?.join() ?? 'nothing'}</p>`;
  return Promise.resolve({ body, contentType: 'text/html', headers: { 'Set-Cookie': ['a=1', 'b=2'] } });
}

/** Rejects with anything at all, as a handler with a bug might. */
function reject(reason: unknown): Promise<never> {
  // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- that is the case to test
  return Promise.reject(reason);
}

function failure(kind: string | undefined): unknown {
  if (kind === 'oauth') {
    const headers = { 'WWW-Authenticate': 'Bearer' };
    return new OAuthError('invalid_token', 'a "quoted" \\ text\r\nwith ümlaut', { detail: 'why it was', headers });
  }
  if (kind === 'upstream') return new UpstreamError('opa', 'timeout');
  if (kind === 'not an error') return 'secret-text-thrown';
  return Object.assign(new Error('the secret value is hunter2'), { code: 'EBUG', config: { headers: 'hunter2' } });
}
