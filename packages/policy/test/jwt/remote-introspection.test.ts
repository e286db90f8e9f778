import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { TOKEN_TYPE } from '@mandate/oauth';
import { createRemoteIntrospection, type ReceivedToken } from '@mandate/policy';
import { createHttpClient } from '@mandate/service-kit';
import { type LoopbackServer, policyContext, startLoopbackServer } from '@mandate/testing';
import type { RemoteIntrospectionOptions } from '../../src/jwt/remote-introspection.js';

const http = createHttpClient({ timeoutMs: 20_000 });
/** For what never answers. */
const hastyHttp = createHttpClient({ timeoutMs: 300 });
const token: ReceivedToken = { token: 'opaque-canary', declaredType: TOKEN_TYPE.accessToken };
const JSON_TYPE = { 'content-type': 'application/json;charset=utf-8' };

let server: LoopbackServer;
let requests: { headers: IncomingHttpHeaders; form: URLSearchParams }[] = [];
let respond: (response: ServerResponse) => void = () => undefined;

beforeAll(async () => {
  server = await startLoopbackServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      requests.push({ headers: request.headers, form: new URLSearchParams(body) });
      respond(response);
    });
  });
});
afterAll(async () => {
  http.close();
  hastyHttp.close();
  await server.close();
});
beforeEach(() => {
  requests = [];
  answer('{"active":true,"sub":"alice"}');
});

function answer(body: string | Buffer, status = 200, headers: Record<string, string> = JSON_TYPE): void {
  respond = (response) => response.writeHead(status, headers).end(body);
}

const introspection = (options: Partial<RemoteIntrospectionOptions> = {}) =>
  createRemoteIntrospection({ http, url: `${server.origin}/service/introspect`, ...options });
const credentials = { clientId: 'ex:change', clientSecret: 's p%é' };
const introspect = (of: ReceivedToken = token) => introspection({ credentials }).introspect(of, policyContext());

describe('what is asked', () => {
  it('is the token as received, with our credentials and the transaction id (RFC 7662 section 2.1)', async () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const context = policyContext({ transactionId: 'transaction-1', traceparent, callerToken: 'callers' });
    await introspection({ credentials }).introspect(token, context);
    expect(Object.fromEntries(requests[0]?.form ?? [])).toEqual({
      token: 'opaque-canary',
      token_type_hint: 'access_token',
    });
    expect(requests[0]?.headers).toMatchObject({
      'x-forgerock-transactionid': 'transaction-1',
      traceparent,
      authorization: `Basic ${Buffer.from('ex%3Achange:s+p%25%C3%A9').toString('base64')}`,
    });
  });

  it.each([
    [TOKEN_TYPE.idToken, 'id_token'],
    [TOKEN_TYPE.amSession, 'openam_sso'],
    [TOKEN_TYPE.jwt, null],
  ])('hints at what a token is declared as: %s', async (declaredType, hint) => {
    await introspect({ ...token, declaredType });
    expect(requests[0]?.form.get('token_type_hint')).toBe(hint);
  });

  it("goes with the caller's bearer token where there are no credentials (IMS)", async () => {
    await introspection().introspect(token, policyContext({ callerToken: 'callers' }));
    expect(requests[0]?.headers.authorization).toBe('Bearer callers');
  });

  it('needs one of the two', async () => {
    expect(introspection().canAsk({})).toBe(false);
    expect(introspection().canAsk({ callerToken: 'callers' })).toBe(true);
    expect(introspection({ credentials }).canAsk({})).toBe(true);
    await expect(introspection().introspect(token, policyContext())).rejects.toMatchObject({ failure: 'refused' });
    expect(requests).toEqual([]);
  });
});

describe('what is answered', () => {
  it('is the claims without active, on an object without a prototype', async () => {
    answer('{"active":true,"sub":"alice","__proto__":{"x":1}}');
    const claims = await introspect();
    expect(Object.getPrototypeOf(claims)).toBeNull();
    expect(Object.keys(claims ?? {})).toEqual(['sub', '__proto__']);
  });

  it('counts null as absent and times in whole seconds, as those of a signed token', async () => {
    answer('{"active":true,"sub":"alice","scope":null,"aud":null,"exp":1800000009.9,"nbf":1.5}');
    expect(await introspect()).toEqual({ sub: 'alice', exp: 1_800_000_009, nbf: 2 });
  });

  it('is nothing for a token that is not active, whatever else stands there', async () => {
    answer('{"active":false,"sub":"alice"}');
    expect(await introspect()).toBeUndefined();
  });

  const wrongAnswers: [name: string, body: string | Buffer, status?: number, headers?: Record<string, string>][] = [
    ['PB-13 400 with an error in JSON', '{"active":true,"error":"invalid_request"}', 400],
    ['PB-15 405', '{"active":true}', 405],
    ['PB-17 503 with an HTML body', '<html>', 503, { 'content-type': 'text/html' }],
    ['a redirect', '{"active":true}', 302, { location: 'http://169.254.169.254/', ...JSON_TYPE }],
    ['201', '{"active":true}', 201],
    ['204', '', 204],
    ['401: our credentials', '{"active":true}', 401],
    ['403', '{"active":true}', 403],
    ['PB-18 200 with text/html', '{"active":true}', 200, { 'content-type': 'text/html' }],
    ['PB-18 no content type', '{"active":true}', 200, {}],
    ['a signed answer that was not asked for', 'a.b.c', 200, { 'content-type': 'application/token-introspection+jwt' }],
    ['PB-18 an empty body', ''],
    ['PB-18 null', 'null'],
    ['PB-18 truncated JSON', '{"active":true'],
    ['PB-18 two JSON documents', '{"active":true}{"active":true}'],
    ['PB-18 a byte order mark', '\ufeff{"active":true}'],
    ['PB-18 NaN', '{"active":true,"exp":NaN}'],
    ['PB-19 bytes that are no UTF-8', Buffer.from([0x7b, 0xff, 0x7d])],
    ['PB-20 a duplicate member', '{"active":false,"active":true}'],
    ['PB-20 a duplicate by an escaped name', '{"active":false,"\\u0061ctive":true}'],
    ['no active', '{"sub":"alice"}'],
    ['an array', '[{"active":true}]'],
    ['active in another type', '{"active":"true"}'],
    ['active as a number', '{"active":1}'],
    ['nesting beyond any sense', `{"active":true,"x":${'['.repeat(5000)}${']'.repeat(5000)}}`],
    ['PB-22 more than a token holds', `{"active":true,"x":"${'x'.repeat(20_000)}"}`],
  ];
  for (const [name, body, status, headers] of wrongAnswers) {
    it(`X12 fails on ${name}, and quotes nothing of it`, async () => {
      answer(body, status, headers);
      const failure = (await introspect().catch((error: unknown) => error)) as Error;
      expect(failure).toMatchObject({ name: 'UpstreamError' });
      expect(JSON.stringify(failure)).not.toContain('canary');
    });
  }
});

describe('a server in trouble', () => {
  it('PB-23 refused connections and resets are failures', async () => {
    respond = (response) => response.destroy();
    await expect(introspect()).rejects.toMatchObject({ name: 'UpstreamError' });
    const unreachable = introspection({ credentials, url: 'http://127.0.0.1:9/introspect' });
    await expect(unreachable.introspect(token, policyContext())).rejects.toMatchObject({ failure: 'unreachable' });
  });

  it.each<[string, (response: ServerResponse) => void]>([
    ['before the headers', () => undefined],
    ['after the headers', (response) => response.writeHead(200, JSON_TYPE).flushHeaders()],
    [
      'in the body, a byte at a time',
      (response) => {
        response.writeHead(200, JSON_TYPE);
        const drip = setInterval(() => response.write(' '), 50);
        response.on('close', () => clearInterval(drip));
      },
    ],
  ])('PB-24 a hang %s ends at the deadline', async (_name, hang) => {
    respond = hang;
    const startedAt = performance.now();
    const introspectionOutcome = introspection({ http: hastyHttp, credentials }).introspect(token, policyContext());
    await expect(introspectionOutcome).rejects.toMatchObject({ failure: 'timeout' });
    expect(performance.now() - startedAt).toBeLessThan(20_000);
  });

  it('PB-22 an endless body is given up at the cap', async () => {
    respond = (response) => {
      response.writeHead(200, JSON_TYPE);
      const pour = setInterval(() => response.write(' '.repeat(65_536)), 1);
      response.on('close', () => clearInterval(pour));
    };
    await expect(introspect()).rejects.toMatchObject({ failure: 'too_large' });
  });
});
