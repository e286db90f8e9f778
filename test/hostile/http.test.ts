import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { basic, postForm } from '../end-to-end/post-form.js';
import { SECRET, type World, startTrio } from '../end-to-end/worlds.js';
import { sendRaw } from './raw-socket.js';

let world: World;
beforeAll(async () => void (world = await startTrio()));
afterAll(() => world.stop());

const FORM = 'Content-Type: application/x-www-form-urlencoded\r\n';
const CLOSE = 'Connection: close\r\n';
const CHUNKED = 'Transfer-Encoding: chunked\r\n';

/** A request to the path with these headers and this body, framed by the headers alone. */
const post = (path: string, headers: string, body = ''): string =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\n${FORM}${headers}\r\n${body}`;

/** H5: what two servers in a row might read as two different requests. */
const ambiguous: Record<string, (path: string) => string> = {
  'a length and chunks': (path) => post(path, `Content-Length: 3\r\n${CHUNKED}`, '0\r\n\r\n'),
  'chunks and a length': (path) => post(path, `${CHUNKED}Content-Length: 3\r\n`, '0\r\n\r\n'),
  'two lengths': (path) => post(path, 'Content-Length: 3\r\nContent-Length: 4\r\n', 'a=1'),
  'one length twice': (path) => post(path, 'Content-Length: 3\r\nContent-Length: 3\r\n', 'a=1'),
  'a list of lengths': (path) => post(path, 'Content-Length: 3, 3\r\n', 'a=1'),
  'a length with a sign': (path) => post(path, 'Content-Length: +3\r\n', 'a=1'),
  'a negative length': (path) => post(path, 'Content-Length: -3\r\n', 'a=1'),
  'a length in hexadecimal': (path) => post(path, 'Content-Length: 0x3\r\n', 'a=1'),
  'a length with a space in it': (path) => post(path, 'Content-Length: 3 4\r\n', 'a=1'),
  'an empty length': (path) => post(path, 'Content-Length:\r\n', 'a=1'),
  'a length beyond 64 bits': (path) => post(path, 'Content-Length: 99999999999999999999\r\n', 'a=1'),
  'chunks with a space before the colon': (path) => post(path, 'Transfer-Encoding : chunked\r\n', '0\r\n\r\n'),
  'chunks with a tab after': (path) => post(path, 'Transfer-Encoding:\x0bchunked\r\n', '0\r\n\r\n'),
  'chunks on a folded line': (path) => post(path, 'Transfer-Encoding:\r\n chunked\r\n', '0\r\n\r\n'),
  xchunked: (path) => post(path, 'Transfer-Encoding: xchunked\r\n', '0\r\n\r\n'),
  'chunked, identity': (path) => post(path, 'Transfer-Encoding: chunked, identity\r\n', '0\r\n\r\n'),
  'gzip, chunked': (path) => post(path, 'Transfer-Encoding: gzip, chunked\r\n', '3\r\na=1\r\n0\r\n\r\n'),
  'chunked twice': (path) => post(path, CHUNKED + CHUNKED, '0\r\n\r\n'),
  'an empty coding beside a length': (path) => post(path, 'Transfer-Encoding:\r\nContent-Length: 3\r\n', 'a=1'),
  'a chunk longer than it says': (path) => post(path, CHUNKED, '3\r\na=1234\r\n0\r\n\r\n'),
  'a chunk size with 0x': (path) => post(path, CHUNKED, '0x3\r\na=1\r\n0\r\n\r\n'),
  'a negative chunk size': (path) => post(path, CHUNKED, '-3\r\na=1\r\n0\r\n\r\n'),
  'a huge chunk size': (path) => post(path, CHUNKED, 'ffffffffffffffffff\r\na=1\r\n0\r\n\r\n'),
  'chunks that end in line feeds': (path) => post(path, CHUNKED, '3\na=1\n0\n\n'),
  'a line feed in a chunk extension': (path) => post(path, CHUNKED, '3;x\ny\r\na=1\r\n0\r\n\r\n'),
  '20 KB of chunk extension': (path) => post(path, CHUNKED, `3;${'x'.repeat(20_000)}\r\na=1\r\n0\r\n\r\n`),
  'a length in the trailers': (path) => post(path, CHUNKED, '0\r\nContent-Length: 9\r\n\r\n'),
  'line feeds alone': (path) => `POST ${path} HTTP/1.1\nHost: x\n\n`,
  'one line feed alone': (path) => `POST ${path} HTTP/1.1\r\nHost: x\n${CLOSE}\r\n`,
  'a carriage return alone': (path) => post(path, 'X: a\rY: b\r\n'),
  'a folded line': (path) => post(path, 'X: a\r\n b\r\n'),
  'a space before a name': (path) => `POST ${path} HTTP/1.1\r\n Host: x\r\n\r\n`,
  'a space after a name': (path) => post(path, 'X : a\r\n'),
  'a line without a colon': (path) => post(path, 'Foo\r\n'),
  'an empty name': (path) => post(path, ': a\r\n'),
  'NUL in a value': (path) => post(path, 'X: a\0b\r\n'),
  'two hosts': (path) => post(path, 'Host: y\r\n'),
  'no host': (path) => `POST ${path} HTTP/1.1\r\n\r\n`,
  'a host with a path': (path) => `POST ${path} HTTP/1.1\r\nHost: a/b@c\r\n\r\n`,
  'HTTP/0.9': (path) => `GET ${path}\r\n\r\n`,
  'HTTP/1.2': (path) => `POST ${path} HTTP/1.2\r\nHost: x\r\n\r\n`,
  'HTTP/2.0': (path) => `POST ${path} HTTP/2.0\r\nHost: x\r\n\r\n`,
  'the preface of HTTP/2': () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'chunks in HTTP/1.0': (path) => `POST ${path} HTTP/1.0\r\n${FORM}${CHUNKED}\r\n3\r\na=1\r\n0\r\n\r\n`,
  'a space in the target': (path) => `POST ${path} x HTTP/1.1\r\nHost: x\r\n\r\n`,
  'a fragment in the target': (path) => `POST ${path}#x HTTP/1.1\r\nHost: x\r\n\r\n`,
  'a method in lower case': (path) => `post ${path} HTTP/1.1\r\nHost: x\r\n\r\n`,
  'no HTTP': () => 'SSH-2.0-OpenSSH_9.2\r\n\r\n',
};

/** H8: other spellings of a path that is served. */
const respelled: Record<string, (path: string) => string> = {
  'two slashes': (path) => `/${path}`,
  'a slash after': (path) => `${path}/`,
  'upper case': (path) => path.toUpperCase(),
  'an encoded letter': (path) => path.replace('s', '%73'),
  'an encoded slash': (path) => path.replace('/service/', '/service%2f'),
  'two dots': (path) => `/x/..${path}`,
  'encoded dots': (path) => `/x/%2e%2e${path}`,
  'a dot': (path) => `/.${path}`,
  'dots and a semicolon': (path) => `/x/..;${path}`,
  'a semicolon': (path) => `${path};x=y`,
  'an encoded NUL': (path) => `${path}%00`,
  'an encoded space': (path) => `${path}%20`,
  'an encoding that is none': (path) => `${path}%zz`,
  'an encoded line feed': (path) => `${path}%0d%0aX:y`,
  'a suffix': (path) => `${path}.json`,
};

const services = [
  { name: 'authentication', path: '/service/access_token', origin: () => world.authentication },
  { name: 'token-validation', path: '/service/introspect', origin: () => world.tokenValidation },
  { name: 'token-exchange', path: '/service/tokensts', origin: () => world.tokenExchange },
];

const prototypeNames = Object.getOwnPropertyNames(Object.prototype).sort();

describe.each(services)('$name', ({ path, origin }) => {
  /** The one answer: its status, as JSON that nobody stores. */
  async function statusOf(request: string): Promise<number> {
    const answer = await sendRaw(origin(), request);
    expect(answer.match(/HTTP\/1\.1 \d/g)).toHaveLength(1);
    expect(answer).toMatch(/\r\ncache-control: no-store\r\n/i);
    expect(answer).toMatch(/\r\nconnection: close\r\n/i);
    expect(answer).toMatch(/\r\n\r\n\{"error":"\w+","error_description":"[^"\\]*"\}$/);
    return Number(answer.slice(9, 12));
  }

  it.each(Object.keys(ambiguous))('H5 answers %s with one 400 and closes', async (name) => {
    const message = ambiguous[name]?.(path) ?? '';
    expect(await statusOf(message)).toBe(400);
    const secondRequest = 'GET /livez HTTP/1.1\r\nHost: x\r\n\r\n';
    expect(await statusOf(message + secondRequest)).toBe(400);
  });

  it.each(Object.keys(respelled))('H8 has nothing at its path with %s', async (name) => {
    expect(await statusOf(post(respelled[name]?.(path) ?? '', CLOSE))).toBe(404);
  });

  it.each(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT', 'PROPFIND', 'PURGE'])(
    'H8 answers %s with 405 and Allow, whatever says to take another method',
    async (method) => {
      const override = 'X-HTTP-Method-Override: POST\r\nX-HTTP-Method: POST\r\n';
      const request = `${method} ${path}?_method=POST HTTP/1.1\r\nHost: x\r\n${CLOSE}${override}\r\n`;
      expect(await sendRaw(origin(), request)).toMatch(/^HTTP\/1\.1 405 [^]*\r\nAllow: /);
    },
  );

  it('H4 answers more than 64 KiB with 413 and closes, however it comes', async () => {
    const megabyte = 'x'.repeat(1_000_000);
    const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`;
    expect(await statusOf(post(path, 'Content-Length: 65537\r\n', 'a=1'))).toBe(413);
    expect(await statusOf(post(path, 'Content-Length: 9007199254740993\r\n', 'a=1'))).toBe(413);
    expect(await statusOf(post(path, 'Content-Length: 1000000\r\n', megabyte))).toBe(413);
    expect(await statusOf(post(path, CHUNKED, chunk.repeat(60)))).toBe(413);
    expect(await statusOf(post(path, CHUNKED, '1\r\na\r\n'.repeat(70_000)))).toBe(413);
  });

  it('H4 refuses a compressed body, however small, with 415', async () => {
    const bomb = gzipSync(Buffer.alloc(10_000_000)).toString('latin1');
    for (const encoding of ['gzip', 'deflate', 'br', 'identity, gzip', 'x-gzip', 'GZIP']) {
      const headers = `${CLOSE}Content-Encoding: ${encoding}\r\nContent-Length: ${bomb.length}\r\n`;
      expect(await statusOf(post(path, headers, bomb))).toBe(415);
    }
  });

  it('H6 answers 16 KiB of headers with 431, many or one, and an expectation it does not know with 417', async () => {
    expect(await statusOf(post(path, `X: ${'x'.repeat(16_500)}\r\n`))).toBe(431);
    expect(await statusOf(post(path, 'X: x\r\n'.repeat(2000)))).toBe(431);
    expect(await statusOf(`POST ${path}?${'x'.repeat(16_500)} HTTP/1.1\r\nHost: x\r\n\r\n`)).toBe(431);
    expect(await statusOf(post(path, 'Expect: 200-ok\r\n'))).toBe(417);
  });

  it('H7 puts no text of the client into a header', async () => {
    const evil = encodeURIComponent('x\r\nInjected: yes\r\n\r\n<script>"\\');
    const fields = ['grant_type', 'token', 'scope', 'subject_token', 'client_id', 'token_type_hint', 'audience'];
    for (const body of fields.map((name) => `grant_type=client_credentials&token=x&${name}=${evil}`)) {
      const names = `X-ForgeRock-TransactionId: a b\r\nOrigin: https://x\r\ntraceparent: 00-x\r\n`;
      const answer = await sendRaw(origin(), post(path, `${CLOSE}${names}Content-Length: ${body.length}\r\n`, body));
      expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
      expect(answer).not.toMatch(/^Injected|^Access-Control|a b/m);
      expect(answer.split('\r\n\r\n')).toHaveLength(2);
    }
  });

  it('answers requests of one connection in their order', async () => {
    const repeatedForm = 'a=1&a=2';
    const one = post(path, `Content-Length: ${repeatedForm.length}\r\n`, repeatedForm);
    const live = 'GET /livez HTTP/1.1\r\nHost: x\r\n\r\n';
    const answer = await sendRaw(origin(), one + live + post(`${path}/`, '') + live + post(path, CLOSE));
    const statuses = [...answer.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status);
    expect(statuses).toEqual([expect.stringMatching(/40[01]/), '200', '404', '200', expect.stringMatching(/40[01]/)]);
  });

  it('H2 takes prototype names for names, and leaves the prototypes as they were', async () => {
    const names = ['__proto__', '__proto__[admin]', '__proto__.admin', 'constructor[prototype][admin]', 'toString'];
    for (const name of names) {
      const form = `${encodeURIComponent(name)}=1&grant_type=${encodeURIComponent(name)}&token=${name}`;
      expect((await postForm(origin() + path, form, basic('bob', encodeURIComponent(SECRET)))).status).toBeLessThan(
        500,
      );
      expect((await postForm(origin() + path, form, basic(name, name))).status).toBeLessThan(500);
    }
    expect(Object.getOwnPropertyNames(Object.prototype).sort()).toEqual(prototypeNames);
    expect(({} as Record<string, unknown>)['admin']).toBeUndefined();
  });
});
