import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { until } from '@mandate/testing';
import { type LoopbackService, startOnLoopback } from '@mandate/service-kit/testing';
import { createDemoService } from './demo-service.js';

const FORM = 'application/x-www-form-urlencoded';
let service: LoopbackService;

beforeAll(async () => {
  service = await startOnLoopback(() => [createDemoService()]);
});
afterAll(() => service.stop());

function post(
  path: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = { 'Content-Type': FORM },
) {
  return fetch(service.publicUrl + path, { method: 'POST', body, headers });
}

async function echoOf(response: Response) {
  return (await response.json()) as {
    form: Record<string, string[]>;
    traceparent: string | null;
    transactionId: string;
  };
}

describe('responses', () => {
  it('H10 are JSON, never stored, never sniffed, and say nothing of the software', async () => {
    for (const response of [
      await post('/echo', 'a=1'),
      await post('/fail', 'how=oauth'),
      await fetch(`${service.publicUrl}/x`),
    ]) {
      expect(response.headers.get('cache-control')).toBe('no-store');
      expect(response.headers.get('pragma')).toBe('no-cache');
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
      expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
      expect(response.headers.get('x-powered-by')).toBeNull();
      expect(response.headers.get('etag')).toBeNull();
      expect(response.headers.get('access-control-allow-origin')).toBeNull();
    }
  });

  it('may be text of another type', async () => {
    const response = await fetch(`${service.publicUrl}/page`);
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(await response.text()).toBe('hello');
  });
});

describe('paths and methods', () => {
  it('GR-04 answer 405 with Allow to another method', async () => {
    for (const method of ['GET', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
      const response = await fetch(`${service.publicUrl}/echo`, { method });
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
      expect(await response.json()).toMatchObject({ error: 'invalid_request' });
    }
    expect((await post('/page', '')).headers.get('allow')).toBe('GET, HEAD');
    expect((await fetch(`${service.publicUrl}/page`, { method: 'HEAD' })).status).toBe(200);
  });

  it.each(['/echo/', '/ECHO', '//echo', '/%65cho', '/echo%2f', '/a/../x', '/.well-known', '/echo;x'])(
    'H8 answer 404 JSON to %s',
    async (path) => {
      const response = await post(path, '');
      expect(response.status).toBe(404);
      expect(await response.json()).toEqual({
        error: 'invalid_request',
        error_description: 'There is nothing at this path',
      });
    },
  );

  it('have aliases', async () => {
    expect((await post('/alias/echo', '')).status).toBe(200);
  });
});

describe('forms', () => {
  it('arrive with repeats in order and empty values absent', async () => {
    const { form } = await echoOf(await post('/echo', 'a=1&a=2&b=&c=%C3%BC+x'));
    expect(form).toEqual({ a: ['1', '2'], c: ['ü x'] });
  });

  it('GR-10 H2 keep brackets and __proto__ as plain names', async () => {
    const { form } = await echoOf(await post('/echo', 'scope[0][foo]=bar&__proto__[x]=1&constructor[prototype][x]=1'));
    expect(Object.keys(form)).toEqual(['scope[0][foo]', '__proto__[x]', 'constructor[prototype][x]']);
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });

  it.each([
    FORM,
    `${FORM}; charset=utf-8`,
    `${FORM};charset="UTF-8"`,
    'APPLICATION/X-WWW-FORM-URLENCODED',
    `${FORM}; x=y`,
    `${FORM}; charset=ISO-8859-1`,
    `${FORM}; charset="us-ascii"`,
  ])('GR-14 may have the type %s', async (type) => {
    expect((await post('/echo', 'a=1', { 'Content-Type': type })).status).toBe(200);
  });

  it.each([
    'application/json',
    'multipart/form-data',
    'text/plain',
    'text/plain; application/x-www-form-urlencoded',
    '',
    ...['iso-8859-15', 'shift_jis', 'utf-16le', 'not-a-real-charset', 'utf-8; charset=utf-16'].map(
      (c) => `${FORM}; charset=${c}`,
    ),
  ])('GR-12 GR-13 GR-14 H3 are refused with 415 as %p', async (type) => {
    const response = await post('/echo', '{"a":1}', type === '' ? {} : { 'Content-Type': type });
    expect(response.status).toBe(415);
    expect(await response.json()).toMatchObject({ error: 'invalid_request' });
  });

  it.each(['iso-8859-1', 'us-ascii'])(
    'are refused with 415 as %s beyond ASCII, where it is no UTF-8',
    async (charset) => {
      const type = { 'Content-Type': `${FORM}; charset=${charset}` };
      for (const body of ['a=\u00fc', new Uint8Array([0x61, 0x3d, 0xfc])]) {
        expect((await post('/echo', body, type)).status).toBe(415);
      }
      expect((await echoOf(await post('/echo', 'a=%C3%BC', type))).form).toEqual({ a: ['\u00fc'] });
    },
  );

  it('GR-13 are refused with 415 without a content type', async () => {
    const response = await post('/echo', new TextEncoder().encode('a=1'), {});
    expect(response.status).toBe(415);
  });

  it.each(['multipart/form-data', 'application/json', 'text/plain'])(
    'are empty for an empty body of %s (IMS)',
    async (type) => {
      expect((await echoOf(await post('/echo', '', { 'Content-Type': type }))).form).toEqual({});
    },
  );

  it.each(['gzip', 'br', 'GZIP', 'identity, gzip'])(
    'H4 are refused with 415 with Content-Encoding %s',
    async (encoding) => {
      expect((await post('/echo', 'a=1', { 'Content-Type': FORM, 'Content-Encoding': encoding })).status).toBe(415);
    },
  );

  it('GR-16 H4 may have 65,536 bytes and not one more', async () => {
    expect((await post('/echo', `a=${'x'.repeat(65_534)}`)).status).toBe(200);
    for (const size of [65_535, 3 * 65_536, 1_048_576]) {
      const response = await post('/echo', `a=${'x'.repeat(size)}`);
      expect([response.status, response.headers.get('connection')]).toEqual([413, 'close']);
      expect(await response.json()).toMatchObject({ error: 'invalid_request' });
    }
  });

  it('GR-16 H4 are cut at 64 KiB when sent in chunks without a length', async () => {
    const chunk = new TextEncoder().encode('x'.repeat(16_384));
    let chunks = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (++chunks > 12) controller.close();
        else controller.enqueue(chunk);
      },
    });
    const init = { method: 'POST', body, headers: { 'Content-Type': FORM }, duplex: 'half' } as const;
    expect((await fetch(`${service.publicUrl}/echo`, init)).status).toBe(413);
  });

  it('GR-21 are refused with 10,000 parameters', async () => {
    expect((await post('/echo', 'a&'.repeat(10_000))).status).toBe(400);
  });

  it.each(['a=%', 'a=%zz', 'a=%ff', '%c3%28=1'])('are refused with 400 for the broken escape %s', async (body) => {
    expect((await post('/echo', body)).status).toBe(400);
  });

  it('are refused with 400 for raw bytes that are not UTF-8', async () => {
    expect((await post('/echo', new Uint8Array([0x61, 0x3d, 0xff]))).status).toBe(400);
  });

  it('C10 never come from the query string of an ordinary endpoint', async () => {
    expect((await echoOf(await post('/echo?a=1&token=t', 'b=2'))).form).toEqual({ b: ['2'] });
  });
});

describe('token endpoints on one path', () => {
  it('are told apart by grant_type', async () => {
    expect((await post('/token', 'grant_type=a')).status).toBe(200);
    expect((await post('/token', 'grant_type=b')).status).toBe(201);
  });

  it('RFC 6749 5.2 answer unsupported_grant_type, and invalid_request when it is missing or repeated', async () => {
    const answers = ['grant_type=c', '', 'grant_type=a&grant_type=a', 'grant_type=a&grant_type=b'].map(async (body) => {
      const response = await post('/token', body);
      return [response.status, ((await response.json()) as { error: string }).error];
    });
    expect(await Promise.all(answers)).toEqual([
      [400, 'unsupported_grant_type'],
      [400, 'invalid_request'],
      [400, 'invalid_request'],
      [400, 'invalid_request'],
    ]);
  });

  it('read the listed query parameters where the endpoint allows it (IMS), and no others', async () => {
    const { form } = await echoOf(await post('/token?grant_type=a&scope=x&client_secret=s', ''));
    expect(form).toEqual({ grant_type: ['a'], scope: ['x'] });
    expect((await post('/token?grant_type=b', '')).status).toBe(400);
  });

  it('GR-02 GR-05 refuse a grant_type in both places', async () => {
    expect((await post('/token?grant_type=a', 'grant_type=a')).status).toBe(400);
  });
});

describe('errors', () => {
  it('H7 GR-23 keep their code, status and headers; the description is restricted to the allowed characters', async () => {
    const response = await post('/fail', 'how=oauth');
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    expect(await response.json()).toEqual({
      error: 'invalid_token',
      error_description: 'a ?quoted? ? text??with ?mlaut',
    });
    expect(service.logLines.some((line) => line.includes('why it was'))).toBe(true);
  });

  it('of a dependency are 503 with Retry-After', async () => {
    const response = await post('/fail', 'how=upstream');
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await response.json()).toMatchObject({ error: 'temporarily_unavailable' });
    expect(service.logLines.some((line) => line.includes('"dependency":"opa","failure":"timeout"'))).toBe(true);
  });

  it('S5 of our own making are 500 with a generic text, logged once with frames and without the message', async () => {
    const linesBefore = service.logLines.length;
    const response = await post('/fail', 'how=bug');
    expect(response.status).toBe(500);
    expect(await response.text()).toBe(
      '{"error":"server_error","error_description":"The server met an unexpected condition"}',
    );
    const lines = () => service.logLines.slice(linesBefore).filter((line) => line.includes('demo-service'));
    await until(() => lines().some((line) => line.includes('"error"')));
    // Whatever else is said of the request is said by then.
    await until(() => service.logLines.slice(linesBefore).some((line) => line.includes('"status":500')));
    expect(lines()).toHaveLength(1);
    expect(service.logLines.join('')).not.toContain('hunter2');
  });

  it('that are no Error objects are 500 as well', async () => {
    expect((await post('/fail', 'how=not+an+error')).status).toBe(500);
    expect(service.logLines.join('')).not.toContain('secret-text-thrown');
  });
});

describe('the context of a request', () => {
  it('has a transaction id of our own unless the header is trusted', async () => {
    const response = await post('/echo', '', { 'X-ForgeRock-TransactionId': 'given' });
    const { transactionId } = await echoOf(response);
    expect(transactionId).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/);
    expect(response.headers.get('x-forgerock-transactionid')).toBe(transactionId);
  });

  it('continues a W3C trace with a span of our own, and ignores a malformed one', async () => {
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    const parentOfCaller = `00-${traceId}-00f067aa0ba902b7-01`;
    const { traceparent } = await echoOf(await post('/echo', '', { traceparent: parentOfCaller }));
    expect(traceparent).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`));
    expect(traceparent).not.toBe(parentOfCaller);
    for (const text of ['00-0-0-0', `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`, `ff-${traceId}-00f067aa0ba902b7-01`]) {
      expect((await echoOf(await post('/echo', '', { traceparent: text }))).traceparent).toBeNull();
    }
  });

  it('C10 leaves no query string in any log line', async () => {
    await post('/token?grant_type=a&client_secret=canary-secret', '');
    await fetch(`${service.publicUrl}/nowhere?token=canary-secret`);
    expect(service.logLines.length).toBeGreaterThan(0);
    expect(service.logLines.join('')).not.toContain('canary-secret');
  });
});
