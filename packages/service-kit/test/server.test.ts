import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type LoopbackService, startOnLoopback } from '@mandate/service-kit/testing';
import { createHttpServer } from '../src/run/create-servers.js';
import { createDemoService } from './demo-service.js';

let service: LoopbackService;
beforeAll(async () => {
  service = await startOnLoopback(() => [createDemoService()]);
});
afterAll(() => service.stop());

/** Sends bytes as they stand and reads until the server closes. */
async function raw(text: string): Promise<string> {
  const socket = connect(Number(new URL(service.publicUrl).port), '127.0.0.1');
  let answer = '';
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')));
  socket.write(text);
  await once(socket, 'close');
  return answer;
}

const POST = 'POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n';
const FORM = 'Content-Type: application/x-www-form-urlencoded\r\n';

describe('the HTTP server', () => {
  it.each([
    ['CL and TE', `${POST}${FORM}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['two content lengths', `${POST}${FORM}Content-Length: 3\r\nContent-Length: 4\r\n\r\na=1`],
    ['a header name with a space', `${POST}X : 1\r\n\r\n`],
    ['a NUL in a header', `${POST}X: a\0b\r\n\r\n`],
    ['no HTTP at all', 'hello\r\n\r\n'],
    ['a bare line feed in chunks', `${POST}${FORM}Transfer-Encoding: chunked\r\n\r\n3\na=1\n0\n\n`],
    ['a second transfer coding', `${POST}${FORM}Transfer-Encoding: gzip, chunked\r\n\r\n3\r\na=1\r\n0\r\n\r\n`],
    ['an empty transfer coding', `${POST}${FORM}Transfer-Encoding:\r\nContent-Length: 3\r\n\r\na=1`],
    ['chunks in HTTP/1.0', 'POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['HTTP/0.9', 'GET /livez\r\n\r\n'],
    ['HTTP/2.0 in words', 'GET /livez HTTP/2.0\r\nHost: x\r\n\r\n'],
    ['no Host', 'GET /livez HTTP/1.1\r\n\r\n'],
    ['two Hosts', `${POST}Host: y\r\n\r\n`],
    ['a Host that is none', 'GET /livez HTTP/1.1\r\nHost: a b@c/\r\n\r\n'],
    ['two content types', `${POST}${FORM}Content-Type: application/json\r\n\r\n`],
    ['a fragment in the target', 'GET /livez#x HTTP/1.1\r\nHost: x\r\n\r\n'],
  ])('H5 answers %s with 400 JSON and closes', async (_name, request) => {
    const answer = await raw(request);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('{"error":"invalid_request","error_description":');
    expect(answer).toContain('Connection: close');
    expect(answer.match(/HTTP\/1\.1 /g)).toHaveLength(1);
  });

  it('H5 serves what is unusual and right: chunks in any case, an absolute target, HTTP/1.0 without a host', async () => {
    expect(await raw(`${POST}${FORM}Transfer-Encoding: CHUNKED\r\n\r\n3\r\na=1\r\n0\r\n\r\n`)).toContain('"a":["1"]');
    expect(await raw('GET http://x/page HTTP/1.1\r\nHost: x:80\r\nConnection: close\r\n\r\n')).toMatch(/ 200 /);
    expect(await raw('GET /page HTTP/1.1\r\nHost: [::1]:80\r\nConnection: close\r\n\r\n')).toMatch(/ 200 /);
    expect(await raw('GET /page HTTP/1.0\r\n\r\n')).toMatch(/ 200 /);
  });

  it.each([
    ['CONNECT', 'CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n', 405],
    ['TRACE', 'TRACE /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 405],
    ['another expectation', `${POST}Expect: 200-ok\r\n\r\n`, 417],
  ])('H8 answers %s with JSON', async (_name, request, status) => {
    const answer = await raw(request);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer).toContain('{"error":"invalid_request"');
    expect(answer).toContain('Cache-Control: no-store');
  });

  it('H6 answers more than 16 KiB of headers with 431 JSON', async () => {
    const answer = await raw(`${POST}X-Big: ${'x'.repeat(16_500)}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
    expect(answer).toContain('Cache-Control: no-store');
    expect(answer).toContain('"error":"invalid_request"');
  });

  it('H6 reads every header up to 200, and refuses more with 431', async () => {
    const many = Array.from({ length: 190 }, (_, index) => `a${index % 7}:\r\n`).join('');
    const answer = await raw(`${POST}${many}Accept: last\r\n\r\n`);
    expect(answer).toContain('"accept":"last"');
    expect(await raw(`${POST}${many}${many}\r\n`)).toMatch(/^HTTP\/1\.1 431 /);
  });

  it('H1 refuses a repeated Authorization header', async () => {
    expect(await raw(`${POST}Authorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n`)).toMatch(/^HTTP\/1\.1 400 /);
  });

  it('GR-16 survives bodies that end early or are longer than they say', async () => {
    const socket = connect(Number(new URL(service.publicUrl).port), '127.0.0.1');
    await new Promise((resolve) => socket.write(`${POST}${FORM}Content-Length: 100\r\n\r\na=1`, resolve));
    socket.destroy();
    expect(await raw(`${POST}${FORM}Content-Length: 3\r\n\r\na=1&b=2`)).toMatch(/^HTTP\/1\.1 (200|400) /);
    expect(await raw(`${POST}${FORM}Content-Length: 0\r\n\r\n`)).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('CA-20 puts together a parameter that is split across chunks', async () => {
    const chunks = '6\r\ngrant_\r\n7\r\ntype=ab\r\n0\r\n\r\n';
    expect(await raw(`${POST}${FORM}Transfer-Encoding: chunked\r\n\r\n${chunks}`)).toContain('{"grant_type":["ab"]}');
  });

  it('H6 gives headers 10 seconds and a whole request 15', () => {
    const server = createHttpServer(() => undefined, 7);
    expect(server).toMatchObject({ headersTimeout: 10_000, requestTimeout: 15_000, maxConnections: 7 });
  });

  it('H6 refuses connections beyond MAX_CONNECTIONS and serves those it has', async () => {
    const small = await startOnLoopback(() => [createDemoService()], { env: { MAX_CONNECTIONS: '2' } });
    const port = Number(new URL(small.publicUrl).port);
    const sockets = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    const third = connect(port, '127.0.0.1');
    await once(third, 'close');
    sockets[0]?.write('GET /livez HTTP/1.1\r\nHost: x\r\n\r\n');
    const [answer] = (await once(sockets[0] ?? third, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 200 /);
    for (const socket of sockets) socket.destroy();
    await small.stop();
  });
});
