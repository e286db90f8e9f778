import { describe, expect, it } from '@jest/globals';
import type { Caller, CallerAuthentication } from '@mandate/clients';
import { OAuthError } from '@mandate/oauth';
import { UpstreamError } from '@mandate/ports';
import { type LogFields, createLogger, createMetrics, localRequest } from '@mandate/service-kit';
import { type Grant, createTokenEndpoints } from '../src/index.js';
import type { GrantRequest } from '../src/grant.js';

const app: Caller = {
  clientId: 'app',
  issuer: 'https://as.example.com',
  own: true,
  scopes: ['use-b'],
  attributes: {},
  client: { clientId: 'app', secrets: [], scopes: ['use-b'], attributes: {}, grantTypes: ['a', 'b'] },
  bearer: undefined,
  method: 'client_secret_basic',
};

/** A token endpoint with the grants `a`, which gives a token, and `b`, which needs a scope and gives something more. */
function world(changes: { caller?: Caller; refuse?: Error; methods?: string[] } = {}) {
  const steps: string[] = [];
  const lines: LogFields[] = [];
  const metrics = createMetrics({ defaults: false });
  const callers: CallerAuthentication = {
    supported: { methods: changes.methods ?? ['client_secret_basic', 'Bearer'], signingAlgorithms: [] },
    authenticate(_request, requiredScope) {
      steps.push(`authenticate for ${requiredScope ?? 'no scope'}`);
      return Promise.resolve(changes.caller ?? app);
    },
  };
  const issue = ({ caller }: GrantRequest) => {
    steps.push(`issue to ${caller.clientId}`);
    if (changes.refuse !== undefined) return Promise.reject(changes.refuse);
    return Promise.resolve({
      token: 'the-token',
      tokenId: 'id-1',
      tokenType: 'Bearer' as const,
      expiresIn: 60,
      scopes: ['read'],
    });
  };
  const grants: Grant[] = [
    { grantType: 'a', issue },
    {
      grantType: 'b',
      requiredScope: 'use-b',
      issue: async (request) => ({ ...(await issue(request)), scopes: [], members: { refresh_token: 'r' } }),
    },
  ];
  const endpoints = createTokenEndpoints({ paths: ['/oauth2/token'], callers, grants, bindsTokens: false, metrics });
  const silent = createLogger({ level: 'silent', service: 'test' });
  const log = { ...silent, info: (_event: string, fields: LogFields = {}) => void lines.push(fields) };
  const request = localRequest({
    form: new Map(),
    authorization: undefined,
    address: () => '192.0.2.1',
    context: { transactionId: 't', traceparent: undefined, log },
    signal: () => AbortSignal.timeout(10_000),
  });
  const ask = (grantType: string) => endpoints.find((endpoint) => endpoint.grantType === grantType)?.handle(request);
  return { ask, steps, lines, endpoints, metricsText: async () => (await metrics.render()).body };
}

describe('what stands around every grant', () => {
  it('is authentication first, with the scope that the grant needs', async () => {
    const { ask, steps } = world();
    await ask('a');
    await ask('b');
    expect(steps).toEqual(['authenticate for no scope', 'issue to app', 'authenticate for use-b', 'issue to app']);
  });

  it('is the grant types of a record, by whatever way its client authenticated: no grant is asked for another', async () => {
    const limitedCaller: Caller = {
      ...app,
      client: { clientId: 'app', secrets: [], scopes: [], attributes: {}, grantTypes: ['a'] },
    };
    const { ask, steps } = world({ caller: limitedCaller });
    await expect(ask('b')).rejects.toMatchObject({ code: 'unauthorized_client', status: 400 });
    expect(steps).toEqual(['authenticate for use-b']);
    await expect(ask('a')).resolves.toMatchObject({ body: { access_token: 'the-token' } });
  });

  it('lets a caller without a record, or with one that does not say, use every grant', async () => {
    const free: Caller = { ...app, client: { clientId: 'app', secrets: [], scopes: [], attributes: {} } };
    for (const caller of [free, { ...app, client: undefined }]) {
      await expect(world({ caller }).ask('b')).resolves.toMatchObject({ body: { access_token: 'the-token' } });
    }
  });

  it('is the response of RFC 6749 section 5.1, with what the grant has beyond it', async () => {
    const { ask } = world();
    expect(await ask('a')).toEqual({
      body: { access_token: 'the-token', token_type: 'Bearer', expires_in: 60, scope: 'read' },
    });
    expect(await ask('b')).toEqual({
      body: { access_token: 'the-token', token_type: 'Bearer', expires_in: 60, refresh_token: 'r' },
    });
  });

  it('is a log line that says to whom and how, and has no token', async () => {
    const { ask, lines } = world();
    await ask('a');
    expect(lines).toEqual([
      {
        client: 'app',
        grantType: 'a',
        authenticationMethod: 'client_secret_basic',
        scopes: 'read',
        tokenId: 'id-1',
      },
    ]);
  });

  it.each([
    [new OAuthError('invalid_grant', 'no'), 'invalid_grant'],
    [new UpstreamError('redis', 'timeout'), 'temporarily_unavailable'],
    [new Error('a bug'), 'server_error'],
  ])('is a count of what it came to: %s', async (refuse, outcome) => {
    const { ask, metricsText, lines } = world({ refuse });
    await expect(ask('a')).rejects.toBe(refuse);
    expect(await metricsText()).toContain(`token_requests_total{grant_type="a",outcome="${outcome}"} 1`);
    expect(lines).toEqual([]);
  });
});

describe('what metadata says of it', () => {
  it('is registered methods, and a bearer token where nothing else is accepted (RFC 8414 section 2)', () => {
    const methodsOf = (methods: string[]) => world({ methods }).endpoints[0]?.metadata.authentication?.methods;
    expect(methodsOf(['client_secret_basic', 'Bearer'])).toEqual(['client_secret_basic']);
    expect(methodsOf(['Bearer'])).toEqual(['Bearer']);
  });
});
