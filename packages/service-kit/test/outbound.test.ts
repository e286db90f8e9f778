import { once } from 'node:events';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { testDirectory } from '@mandate/testing';
import { type HttpRequest, UpstreamError } from '@mandate/ports';
import { createHttpClient } from '@mandate/service-kit';
import fc from 'fast-check';
import { isPublicAddress } from '../src/outbound/public-address.js';
import { checkLearnedUrl, guardedLookup } from '../src/outbound/url-guard.js';

let server: Server;
let base: string;
let requests: IncomingMessage[] = [];
const client = createHttpClient({ timeoutMs: 20_000 });
/** Of an answer that never comes, or never ends. */
const HASTY = { timeoutMs: 400 };

const ANSWERS: Record<string, (request: IncomingMessage, response: ServerResponse) => void> = {
  '/ok': (_request, response) => response.setHeader('X-Kind', 'a').end('{"ok":true}'),
  '/echo': (request, response) => void request.pipe(response),
  '/redirect': (_request, response) => response.writeHead(302, { Location: `${base}/ok` }).end('moved'),
  '/error': (_request, response) => response.writeHead(500).end('broken'),
  '/hang': () => undefined,
  '/trickle': (_request, response) => {
    const timer = setInterval(() => response.write('x'), 50);
    response.once('close', () => clearInterval(timer));
  },
  '/huge': (_request, response) => response.end('x'.repeat(2_000_000)),
  '/gzip': (_request, response) => response.setHeader('Content-Encoding', 'gzip').end(gzipSync('x'.repeat(5_000_000))),
  '/encoded': (_request, response) => response.setHeader('Content-Encoding', 'br').end('plain after all'),
  '/latin1': (_request, response) => response.end(Buffer.from([0xff])),
  '/garbage': (request) => request.socket.end('not http at all\r\n\r\n'),
  '/cut': (request, response) => {
    response.writeHead(200, { 'Content-Length': '100' }).write('part');
    setTimeout(() => request.socket.destroy(), 20);
  },
};

beforeAll(async () => {
  server = createServer((request, response) => {
    requests.push(request);
    ANSWERS[request.url ?? '']?.(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  client.close();
  server.closeAllConnections();
  server.close();
});

describe('a Unix socket', () => {
  it('is reached by http+unix, with path and query, and never by a learned URL', async () => {
    const socket = join(testDirectory(), 'a b.sock');
    const target = createServer((request, response) => response.end(`${request.headers.host} ${request.url}`)).listen(
      socket,
    );
    await once(target, 'listening');
    const url = `http+unix://${encodeURIComponent(socket)}/v1/data?x=1`;
    expect(await client.send({ method: 'GET', url })).toMatchObject({ status: 200, body: 'localhost /v1/data?x=1' });
    expect((await failureOf(client.send({ method: 'GET', url, learned: true }))).failure).toBe('refused');
    target.closeAllConnections();
    target.close();
    expect((await failureOf(client.send({ method: 'GET', url }))).failure).toBe('unreachable');
  });
});

const get = (path: string, more: Partial<HttpRequest> = {}) =>
  client.send({ method: 'GET', url: base + path, ...more });

async function failureOf(answer: Promise<unknown>): Promise<UpstreamError> {
  const error = await answer.then(
    () => new Error('no failure'),
    (reason: unknown) => reason,
  );
  if (error instanceof UpstreamError) return error;
  throw error;
}

describe('createHttpClient', () => {
  it('returns any status with its headers and body, and follows no redirect', async () => {
    requests = [];
    expect(await get('/ok')).toMatchObject({ status: 200, headers: { 'x-kind': 'a' }, body: '{"ok":true}' });
    expect(await get('/redirect')).toMatchObject({ status: 302, body: 'moved' });
    expect(await get('/error')).toMatchObject({ status: 500, body: 'broken' });
    expect(requests.map(({ url }) => url)).toEqual(['/ok', '/redirect', '/error']);
    expect(new Set(requests.map(({ socket }) => socket.remotePort)).size).toBe(1);
  });

  it('sends a body as it stands with the headers given', async () => {
    requests = [];
    const headers = { 'Content-Type': 'application/json', Authorization: 'Bearer t' };
    const { body } = await client.send({ method: 'POST', url: `${base}/echo`, headers, body: '{"a":"ü"}' });
    expect(body).toBe('{"a":"ü"}');
    expect(requests[0]?.headers).toMatchObject({
      'content-type': 'application/json',
      authorization: 'Bearer t',
      'accept-encoding': 'identity',
    });
  });

  it.each<[string, string, string, { timeoutMs: number }?]>([
    ['JW-12 no answer', '/hang', 'timeout', HASTY],
    ['JW-12 an answer that never ends', '/trickle', 'timeout', HASTY],
    ['JW-14 an answer above 1 MiB', '/huge', 'too_large'],
    ['JW-19 a compressed answer', '/gzip', 'malformed'],
    ['JW-19 an answer that claims an encoding', '/encoded', 'malformed'],
    ['an answer that is not UTF-8', '/latin1', 'malformed'],
    ['an answer that is not HTTP', '/garbage', 'malformed'],
    ['an answer that is cut', '/cut', 'unreachable'],
  ])('turns %s into an UpstreamError', async (...[, path, failure, more]) => {
    const start = performance.now();
    const error = await failureOf(get(path, more));
    expect(error.failure).toBe(failure);
    expect(performance.now() - start).toBeLessThan(20_000);
  });

  it('bounds size and time per request', async () => {
    expect((await failureOf(get('/ok', { maxResponseBytes: 5 }))).failure).toBe('too_large');
    expect((await failureOf(get('/hang', { timeoutMs: 30 }))).failure).toBe('timeout');
    expect((await get('/huge', { maxResponseBytes: 3_000_000 })).body).toHaveLength(2_000_000);
  });

  it('stops when the caller goes away', async () => {
    expect((await failureOf(get('/hang', { signal: AbortSignal.timeout(30), timeoutMs: 10_000 }))).failure).toBe(
      'timeout',
    );
  });

  it('S5 says nothing of the request in its errors', async () => {
    const headers = { Authorization: 'Bearer canary-token' };
    const url = 'http://canary-user:canary-pw@127.0.0.1:1/canary-path?canary=1';
    const error = await failureOf(client.send({ method: 'POST', url, headers, body: 'canary-body' }));
    expect(error).toMatchObject({ dependency: '127.0.0.1:1', failure: 'unreachable', detail: 'ECONNREFUSED' });
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error)) + String(error.stack)).not.toContain('canary');
    expect(error.cause).toBeUndefined();
    expect((await failureOf(client.send({ method: 'GET', url: 'canary not a URL' }))).message).not.toContain('canary');
  });

  it('K4 never reaches a private address by a learned URL', async () => {
    requests = [];
    const port = new URL(base).port;
    const urls = [base, `https://127.0.0.1:${port}`, `https://[::1]:${port}`, `https://[::ffff:127.0.0.1]:${port}`];
    for (const url of [...urls, `https://2130706433:${port}`, 'file:///etc/passwd', `https://u:p@example.com`]) {
      expect((await failureOf(client.send({ method: 'GET', url: `${url}/ok`, learned: true }))).failure).toBe(
        'refused',
      );
    }
    expect(requests).toEqual([]);
  });

  it('K4 refuses a learned name that resolves to a private address, also as one of several', async () => {
    const resolve = () =>
      Promise.resolve([
        { address: '93.184.215.14', family: 4 },
        { address: '10.0.0.1', family: 4 },
      ]);
    const guard = createHttpClient({ timeoutMs: 20_000, resolve });
    const error = await failureOf(guard.send({ method: 'GET', url: 'https://jwks.example.com/', learned: true }));
    expect(error).toMatchObject({ failure: 'refused', detail: 'a learned host has a private address' });
    guard.close();
  });

  it('reaches a learned URL at a listed host', async () => {
    const byHost = createHttpClient({ privateHosts: ['127.0.0.1'] });
    expect((await byHost.send({ method: 'GET', url: `${base}/ok`, learned: true })).status).toBe(200);
    byHost.close();
  });
});

describe('the guard of learned URLs', () => {
  it('JW-16 vets what the socket connects to: a second, private answer is a failure', async () => {
    const answers = ['93.184.215.14', '127.0.0.1'];
    const lookup = guardedLookup(() => Promise.resolve([{ address: answers.shift() ?? '', family: 4 }]));
    const ask = () =>
      new Promise((resolve) => lookup('jwks.example.com', {}, (error, address) => resolve(error?.name ?? address)));
    expect(await ask()).toBe('93.184.215.14');
    expect(await ask()).toBe('GuardError');
    expect(await ask()).toBe('GuardError');
  });

  it('hands all vetted addresses to a socket that asks for all', async () => {
    const addresses = [{ address: '2606:4700::1111', family: 6 }];
    const lookup = guardedLookup(() => Promise.resolve(addresses));
    const answer = await new Promise((resolve) => lookup('a', { all: true }, (_error, list) => resolve(list)));
    expect(answer).toEqual(addresses);
  });

  it('fails for a name without addresses or without an answer', async () => {
    for (const resolve of [() => Promise.resolve([]), () => Promise.reject(new Error('ENOTFOUND'))]) {
      const lookup = guardedLookup(resolve);
      expect(await new Promise((resolve) => lookup('a', {}, (error) => resolve(error)))).toBeInstanceOf(Error);
    }
  });

  it('compares hosts exactly', () => {
    const privateHosts = ['am.internal', 'keys.internal:8443'];
    expect(checkLearnedUrl('http://am.internal:9999/jwks', privateHosts)).toBe('trusted');
    expect(checkLearnedUrl('https://keys.internal:8443/jwks', privateHosts)).toBe('trusted');
    expect(checkLearnedUrl('https://am.internal.evil/jwks', privateHosts)).toBe('public-only');
    expect(checkLearnedUrl('https://keys.internal/jwks', privateHosts)).toBe('public-only');
    expect(() => checkLearnedUrl('http://am.internal.evil/jwks', privateHosts)).toThrow('not https');
  });
});

describe('isPublicAddress', () => {
  it.each([
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '127.0.0.1',
    '169.254.169.254',
    '172.31.255.255',
    '192.168.1.1',
    '224.0.0.1',
    '255.255.255.255',
    '198.18.0.1',
    '::',
    '::1',
    'fe80::1',
    'fe80::1%eth0',
    'fc00::1',
    'fd00:ec2::254',
    'ff02::1',
    '::ffff:10.0.0.1',
    '::ffff:7f00:1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    '2001:db8::1',
    '2001::1',
    '::127.0.0.1',
    '',
    'localhost',
    '1.2.3',
    '127.1',
    '0x7f.1',
  ])('is false for %p', (address) => expect(isPublicAddress(address)).toBe(false));

  it.each(['8.8.8.8', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '2a00:1450::1', '::ffff:8.8.8.8'])(
    'is true for %p',
    (address) => expect(isPublicAddress(address)).toBe(true),
  );

  it('property: agrees with the ranges of RFC 1918 and loopback for any IPv4 address', () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        const [a = 0, b = 0] = address.split('.').map(Number);
        const isPrivate = a === 10 || a === 127 || (a === 172 && b >= 16 && b < 32) || (a === 192 && b === 168);
        if (isPrivate) expect(isPublicAddress(address)).toBe(false);
        expect(isPublicAddress(`::ffff:${address}`)).toBe(isPublicAddress(address));
      }),
    );
  });
});
