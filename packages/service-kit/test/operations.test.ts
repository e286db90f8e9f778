import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Endpoint } from '@mandate/service-kit';
import { type LoopbackService, startOnLoopback } from '@mandate/service-kit/testing';
import { until } from '@mandate/testing';
import { createDemoService } from './demo-service.js';
import type { HealthStatus } from '../src/service.js';

const env = { INFO_ACCOUNT_PASSWORD: 'pässword:1', METRICS_ACCOUNT_PASSWORD: 'metrics-pw' };
const basic = (account: string) => ({ Authorization: `Basic ${Buffer.from(account).toString('base64')}` });

let service: LoopbackService;
let keysHealth: HealthStatus | Promise<never> = { ready: true };
let adviserHealth: HealthStatus | Promise<never> | undefined;

beforeAll(async () => {
  const keys = { name: 'keys', status: () => Promise.resolve(keysHealth) };
  const adviser = { name: 'adviser', needed: false, status: () => Promise.resolve(adviserHealth ?? { ready: true }) };
  const second = createDemoService({
    name: 'second',
    ims: { ping: '/second/info/ping', metrics: '/second/metrics/prometheus' },
    // It has a part of that name too, and a process is as ready as the worst of them.
    parts: [{ name: 'keys', status: () => ({ ready: true }) }],
    endpoints: [
      {
        method: 'POST',
        paths: ['/look', '/alias/look'],
        metadata: {
          name: 'introspection',
          authentication: { methods: ['Bearer'], signingAlgorithms: [] },
          members: { introspection_signing_alg_values_supported: ['ES256'] },
        },
        handle: () => Promise.resolve({}),
      },
    ],
    tokenEndpoints: [
      {
        paths: ['/elsewhere'],
        grantType: 'c',
        metadata: { name: 'token', authentication: { methods: ['private_key_jwt'], signingAlgorithms: ['ES256'] } },
        handle: () => Promise.resolve({}),
      },
    ],
    issuer: 'https://other.example.com/',
    scopes: ['introspect', 'read'],
    publicJwks: () =>
      Promise.resolve({
        keys: [
          { kty: 'EC', kid: 'k1' },
          { kty: 'EC', kid: 'k2', alg: 'ES256' },
        ],
      }),
  });
  service = await startOnLoopback(() => [createDemoService({ parts: [keys, adviser] }), second], { env });
});
afterAll(() => service.stop());

const get = (path: string, headers: Record<string, string> = {}) => fetch(service.publicUrl + path, { headers });
const getManagement = (path: string) => fetch(service.managementUrl + path);
/** Waits until the one-second life of a readiness report is over. */
const nextReport = () => new Promise((resolve) => setTimeout(resolve, 1050));

describe('probes', () => {
  it('answer on both ports', async () => {
    for (const ask of [get, getManagement]) {
      for (const path of ['/livez', '/healthz', '/readyz']) expect((await ask(path)).status).toBe(200);
    }
    const parts = { keys: { ready: true }, adviser: { ready: true } };
    expect(await (await get('/readyz?verbose')).json()).toEqual({ status: 'ready', parts });
    expect(await (await get('/readyz')).json()).toEqual({ status: 'ready' });
  });

  it('stay ready but degraded while a part works on what it had; details are for the management port', async () => {
    keysHealth = { ready: true, degraded: true, detail: 'is not JSON' };
    await nextReport();
    const adviser = { ready: true };
    const summary = { status: 'degraded', parts: { keys: { ready: true, degraded: true }, adviser } };
    expect(await (await get('/readyz?verbose')).json()).toEqual(summary);
    const keys = { ready: true, degraded: true, detail: 'is not JSON' };
    const details = { status: 'degraded', parts: { keys, adviser } };
    expect(await (await getManagement('/readyz?verbose=')).json()).toEqual(details);
  });

  it('are not ready while a part is not, or fails; alive all the same', async () => {
    keysHealth = { ready: false };
    await nextReport();
    expect((await get('/readyz')).status).toBe(503);
    expect((await get('/livez')).status).toBe(200);
    keysHealth = Promise.reject(new Error('hunter2'));
    keysHealth.catch(() => undefined);
    await nextReport();
    const response = await getManagement('/readyz?verbose');
    expect([response.status, await response.json()]).toEqual([
      503,
      { status: 'not ready', parts: { keys: { ready: false, detail: 'failed' }, adviser: { ready: true } } },
    ]);
    keysHealth = { ready: true };
  });

  it.each([
    ['is not ready', () => ({ ready: false, detail: 'down' }), 'down'],
    ['fails', () => Promise.reject(new Error('hunter2')), 'failed'],
    ['never answers', () => new Promise<never>(() => undefined), 'no answer in time'],
  ] as const)('stay ready but degraded while a part that is not needed %s', async (_, health, detail) => {
    adviserHealth = health();
    if (adviserHealth instanceof Promise) adviserHealth.catch(() => undefined);
    await nextReport();
    const response = await getManagement('/readyz?verbose');
    const parts = { keys: { ready: true }, adviser: { ready: true, degraded: true, detail } };
    expect([response.status, await response.json()]).toEqual([200, { status: 'degraded', parts }]);
    adviserHealth = undefined;
  });
});

describe('IMS ping', () => {
  it('answers the account info and nobody else', async () => {
    for (const path of ['/demo/info/ping', '/second/info/ping']) {
      expect((await get(path, basic(`info:${env.INFO_ACCOUNT_PASSWORD}`))).status).toBe(200);
      const refusedHeaders = [{}, basic('info:wrong'), basic('metrics:metrics-pw'), { Authorization: 'Bearer x' }];
      for (const headers of refusedHeaders) {
        const response = await get(path, headers);
        expect([response.status, response.headers.get('www-authenticate')]).toEqual([
          401,
          'Basic realm="monitoring", charset="UTF-8"',
        ]);
      }
    }
  });
});

describe('metrics', () => {
  it('are open on the management port and behind an account at the IMS path, query parameters ignored', async () => {
    expect((await getManagement('/metrics')).status).toBe(200);
    expect((await get('/metrics')).status).toBe(404);
    const path = '/demo/metrics/prometheus?_fields=x&_mimeType=text/plain';
    expect((await get(path)).status).toBe(401);
    const response = await get(path, basic('metrics:metrics-pw'));
    expect(response.headers.get('content-type')).toContain('text/plain');
    expect(await response.text()).toContain('http_requests_total');
  });

  it('S6 count requests by route, method and status from closed sets', async () => {
    await get('/no/such/path-of-nobody');
    await fetch(`${service.publicUrl}/page`, { method: 'PROPFIND' });
    const text = await (await getManagement('/metrics')).text();
    expect(text).toMatch(/http_requests_total\{route="\/livez",method="GET",status="200"\} \d/);
    expect(text).toMatch(/http_requests_total\{route="other",method="GET",status="404"\} \d/);
    expect(text).toMatch(/http_requests_total\{route="\/page",method="other",status="405"\} \d/);
    expect(text).toContain('http_request_duration_seconds_bucket');
    expect(text).not.toContain('path-of-nobody');
  });

  it('count what waited for a person, answered or given up, and do not time it', async () => {
    let waits = 0;
    const handle: Endpoint['handle'] = (request) => {
      request.onHeld?.();
      waits += 1;
      if (request.header('prefer') === undefined) return Promise.resolve({});
      return new Promise((resolve) => request.signal().addEventListener('abort', () => resolve({})));
    };
    const { endpoints } = createDemoService();
    const heldEndpoint = { method: 'GET', paths: ['/held'], handle } as const;
    const service = await startOnLoopback(() => [createDemoService({ endpoints: [...endpoints, heldEndpoint] })]);
    const metrics = async () => (await fetch(`${service.managementUrl}/metrics`)).text();
    await fetch(`${service.publicUrl}/held`);
    await fetch(`${service.publicUrl}/page`);
    const abandonment = new AbortController();
    const request = fetch(`${service.publicUrl}/held`, { headers: { Prefer: 'wait=60' }, signal: abandonment.signal });
    await until(() => waits === 2);
    abandonment.abort();
    await expect(request).rejects.toThrow();
    await until(async () => (await metrics()).includes('{route="/held",method="GET",status="200"} 2'));
    expect(await metrics()).toContain('http_request_duration_seconds_count{route="/page",status="2xx"} 1');
    expect(await metrics()).not.toContain('http_request_duration_seconds_count{route="/held"');
    await service.stop();
  });

  it('and ping are absent while their passwords are unset', async () => {
    const bareService = await startOnLoopback(() => [createDemoService()]);
    for (const path of ['/demo/info/ping', '/demo/metrics/prometheus']) {
      expect((await fetch(bareService.publicUrl + path, { headers: basic('info:') })).status).toBe(404);
    }
    await bareService.stop();
  });
});

describe('discovery', () => {
  it('RFC 8414 3.1 is inserted between host and path of the issuer; documents of several services unite', async () => {
    const response = await get('/.well-known/oauth-authorization-server/tenant');
    expect(response.headers.get('cache-control')).toBe('public, max-age=300');
    expect(response.headers.get('pragma')).toBeNull();
    expect(await response.json()).toEqual({
      issuer: 'https://as.example.com/tenant',
      jwks_uri: 'https://as.example.com/tenant/.well-known/jwks.json',
      response_types_supported: ['none'],
      scopes_supported: ['introspect', 'read'],
      grant_types_supported: ['a', 'b', 'c'],
      token_endpoint: 'https://as.example.com/tenant/token',
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'private_key_jwt'],
      token_endpoint_auth_signing_alg_values_supported: ['ES256'],
      introspection_endpoint: 'https://other.example.com/look',
      introspection_endpoint_auth_methods_supported: ['Bearer'],
      introspection_signing_alg_values_supported: ['ES256'],
    });
    expect((await get('/.well-known/oauth-authorization-server')).status).toBe(200);
  });

  it('RFC 8414 3.2 leaves out what would be an empty list', async () => {
    const bareService = await startOnLoopback(() => [createDemoService({ tokenEndpoints: [], scopes: [] })]);
    for (const name of ['oauth-authorization-server', 'openid-configuration']) {
      const document = (await (await fetch(`${bareService.publicUrl}/.well-known/${name}`)).json()) as object;
      expect(Object.values(document).filter((value) => Array.isArray(value) && value.length === 0)).toEqual([]);
      expect(document).toMatchObject({ response_types_supported: ['none'] });
    }
    await bareService.stop();
  });

  it('is under the name that OpenID clients look for, with what they read first, before and behind the path of the issuer', async () => {
    const document = {
      ...((await (await get('/.well-known/oauth-authorization-server')).json()) as object),
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['ES256'],
    };
    for (const path of ['/.well-known/openid-configuration', '/.well-known/openid-configuration/tenant']) {
      expect(await (await get(path)).json()).toEqual(document);
    }
    expect(await (await get('/tenant/.well-known/openid-configuration')).json()).toEqual(document);
  });

  it('and the keys may be read by pages of any origin, by GET alone; nothing else may', async () => {
    const origin = { Origin: 'https://app.example.com' };
    for (const path of ['oauth-authorization-server', 'openid-configuration', 'jwks.json']) {
      const url = `${service.publicUrl}/.well-known/${path}`;
      expect((await fetch(url, { headers: origin })).headers.get('access-control-allow-origin')).toBe('*');
      const preflight = await fetch(url, { method: 'OPTIONS', headers: origin });
      expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([405, null]);
    }
    expect((await get('/page', origin)).headers.get('access-control-allow-origin')).toBeNull();
    expect((await get('/livez', origin)).headers.get('access-control-allow-origin')).toBeNull();
  });

  it('JW-23 publishes each key of the services once, cacheable', async () => {
    const response = await get('/.well-known/jwks.json');
    expect(response.headers.get('cache-control')).toBe('public, max-age=300');
    expect(await response.json()).toEqual({
      keys: [
        { kty: 'EC', kid: 'k1' },
        { kty: 'EC', kid: 'k2', alg: 'ES256' },
      ],
    });
  });

  it('is absent for services that issue nothing', async () => {
    const silent = createDemoService();
    delete silent.issuer;
    delete silent.publicJwks;
    const silentService = await startOnLoopback(() => [silent]);
    for (const path of ['/.well-known/jwks.json', '/.well-known/oauth-authorization-server']) {
      expect((await fetch(silentService.publicUrl + path)).status).toBe(404);
    }
    await silentService.stop();
  });
});
