import { readFileSync } from 'node:fs';
import { type AddressInfo, type LookupFunction, type Socket, createServer } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createServer as createTlsServer } from 'node:tls';
import { describe, expect, it } from '@jest/globals';
import { type HttpClient, type HttpRequest, UpstreamError } from '@mandate/ports';
import { createHttpClient } from '@mandate/service-kit';
import {
  closeAfterEach,
  createTestAuthority,
  opensslProgram,
  startRealPart,
  testDirectory,
  until,
} from '@mandate/testing';
import { createSharedLookup } from '../src/outbound/shared-lookup.js';
import { createCircuitBreaker } from '../src/outbound/circuit-breaker.js';
import { withCircuitBreaker } from '../src/outbound/with-circuit-breaker.js';

const openssl = await startRealPart(opensslProgram, process.env);
const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** What becomes of a request: the n-th of its connection, both counted from 1. */
type Behaviour = (socket: Socket, request: number, connection: number) => void;

interface Balancer {
  origin: string;
  /** Requests by connection. */
  counts: number[];
  ends(): number;
}

const directory = testDirectory();
const closeLater = closeAfterEach();

/** A server that counts what comes on each connection. */
async function startBalancer(behave: Behaviour, tls?: { key: string; cert: string }): Promise<Balancer> {
  const counts: number[] = [];
  const sockets: Socket[] = [];
  let ends = 0;
  const serve = (socket: Socket): void => {
    sockets.push(socket);
    const connection = counts.push(0);
    socket.on('error', () => undefined).once('close', () => (ends += 1));
    socket.on('data', () => {
      const request = (counts[connection - 1] ?? 0) + 1;
      counts[connection - 1] = request;
      behave(socket, request, connection);
    });
  };
  const server = tls === undefined ? createServer(serve) : createTlsServer(tls, serve);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closeLater(server);
  closeLater({ close: () => sockets.forEach((socket) => socket.destroy()) });
  const { port } = server.address() as AddressInfo;
  return { origin: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`, counts, ends: () => ends };
}

function clientOf(options: Parameters<typeof createHttpClient>[0] = {}): ReturnType<typeof createHttpClient> {
  return closeLater(createHttpClient({ timeoutMs: 10_000, ...options }));
}

async function outcomeOf(client: HttpClient, { origin }: Balancer, more: Partial<HttpRequest> = {}): Promise<unknown> {
  try {
    return (await client.send({ method: 'GET', url: origin, ...more })).status;
  } catch (error) {
    if (error instanceof UpstreamError) return error.failure;
    throw error;
  }
}

const answer = (socket: Socket): void => void socket.write(ANSWER);
/** One answer a connection; who uses it again finds it gone. */
const goneAfterOne =
  (go: (socket: Socket) => void): Behaviour =>
  (socket, request) =>
    request === 1 ? answer(socket) : go(socket);

const WAYS_TO_GO: [string, (socket: Socket) => void][] = [
  ['closed', (socket) => void socket.end()],
  ['reset', (socket) => void socket.resetAndDestroy()],
];

describe.each(WAYS_TO_GO)('a kept connection that was %s meanwhile', (_name, go) => {
  it.each<[string, Partial<HttpRequest>]>([
    ['a GET', {}],
    ['a POST that only asks', { method: 'POST', repeatable: true, body: '{}' }],
  ])('is replaced for %s, by a fresh one', async (_kind, more) => {
    const balancer = await startBalancer(goneAfterOne(go));
    const client = clientOf();
    expect(await outcomeOf(client, balancer, more)).toBe(200);
    expect(await outcomeOf(client, balancer, more)).toBe(200);
    expect(balancer.counts).toEqual([2, 1]);
  });

  it('is a failure of a POST that may do something, which is not sent again', async () => {
    const balancer = await startBalancer(goneAfterOne(go));
    const client = clientOf();
    const post = { method: 'POST', body: '{}' } as const;
    expect(await outcomeOf(client, balancer, post)).toBe(200);
    expect(await outcomeOf(client, balancer, post)).toBe('unreachable');
    expect(balancer.counts).toEqual([2]);
  });

  it('opens no circuit', async () => {
    const balancer = await startBalancer(goneAfterOne(go));
    const breaker = createCircuitBreaker({ name: 'policy:x', failures: 2 });
    const guardedClient = withCircuitBreaker(clientOf(), breaker);
    for (let time = 0; time < 10; time += 1) expect(await outcomeOf(guardedClient, balancer)).toBe(200);
    expect(breaker.circuit()).toBe('closed');
  });

  it('is replaced once: a server that goes again is a failure', async () => {
    const balancer = await startBalancer((socket, request, connection) =>
      request === 1 && connection === 1 ? answer(socket) : go(socket),
    );
    const client = clientOf();
    expect(await outcomeOf(client, balancer)).toBe(200);
    expect(await outcomeOf(client, balancer)).toBe('unreachable');
    expect(balancer.counts).toEqual([2, 1]);
  });

  it('is replaced by one that is fresh, however many of those kept are gone', async () => {
    let together = 0;
    const sockets: Socket[] = [];
    const balancer = await startBalancer((socket, request, connection) => {
      if (connection > 4) answer(socket);
      else if (request > 1) go(socket);
      else if (sockets.push(socket) === 4) {
        together = sockets.length;
        sockets.forEach(answer);
      }
    });
    const client = clientOf();
    const outcomesOfFour = () => Promise.all([0, 1, 2, 3].map(() => outcomeOf(client, balancer)));
    expect([await outcomesOfFour(), together]).toEqual([[200, 200, 200, 200], 4]);
    expect(await outcomeOf(client, balancer)).toBe(200);
    expect(balancer.counts).toHaveLength(5);
  });
});

describe('an exchange', () => {
  it('may wait longer for its connection than one is kept, where the process is busy', async () => {
    const balancer = await startBalancer((socket) => socket.write(ANSWER));
    const outcome = outcomeOf(clientOf({ idleMs: 50 }), balancer);
    for (let turn = 0; turn < 20; turn++) {
      await nextTurn();
      const until = performance.now() + 60;
      while (performance.now() < until);
    }
    expect(await outcome).toBe(200);
  });

  it('is not repeated after any byte of an answer', async () => {
    const balancer = await startBalancer(goneAfterOne((socket) => void socket.end('HTTP/1.1 200')));
    const client = clientOf();
    expect(await outcomeOf(client, balancer)).toBe(200);
    expect(await outcomeOf(client, balancer)).toBe('unreachable');
    expect(balancer.counts).toEqual([2]);
  });

  it('is not repeated on a connection that was new', async () => {
    const balancer = await startBalancer((socket) => void socket.end());
    expect(await outcomeOf(clientOf(), balancer)).toBe('unreachable');
    expect(balancer.counts).toEqual([1]);
  });

  it('has one deadline for both attempts', async () => {
    const balancer = await startBalancer((socket, request, connection) => {
      if (connection === 1) goneAfterOne(() => socket.end())(socket, request, connection);
    });
    const client = clientOf();
    expect(await outcomeOf(client, balancer)).toBe(200);
    // Long enough for a busy machine to make both.
    expect(await outcomeOf(client, balancer, { timeoutMs: 3000 })).toBe('timeout');
    expect(balancer.counts).toEqual([2, 1]);
  });

  (openssl === undefined ? it.skip : it)('over TLS is repeated where the connection was closed in order', async () => {
    const authority = await createTestAuthority(directory, 'balancer-authority');
    const { certificateFile, keyFile } = await authority.issue('balancer', '127.0.0.1');
    const [key = '', cert = '', ca = ''] = [keyFile, certificateFile, authority.caFile].map((file) =>
      readFileSync(file, 'utf8'),
    );
    const balancer = await startBalancer(
      goneAfterOne((socket) => void socket.end()),
      { key, cert },
    );
    const client = clientOf({ ca });
    expect(await outcomeOf(client, balancer)).toBe(200);
    expect(await outcomeOf(client, balancer)).toBe(200);
    expect(balancer.counts).toEqual([2, 1]);
  });
});

describe('an idle connection', () => {
  it('is closed by us, before a balancer does, and one at work is not', async () => {
    const balancer = await startBalancer((socket) => void setTimeout(() => answer(socket), 400));
    const client = clientOf({ idleMs: 100 });
    expect(await outcomeOf(client, balancer)).toBe(200);
    await until(() => balancer.ends() === 1);
    expect(await outcomeOf(client, balancer)).toBe(200);
    expect(balancer.counts).toEqual([1, 1]);
  });

  it('is closed by us within half a minute where nothing else is said', async () => {
    const balancer = await startBalancer(answer);
    expect(await outcomeOf(clientOf(), balancer)).toBe(200);
    await until(() => balancer.ends() === 1);
  });
});

describe('createSharedLookup', () => {
  it('asks for a name once for all who wait, and again after the answer', () => {
    const questions: string[] = [];
    const open: (() => void)[] = [];
    const lookup: LookupFunction = (hostname, options, callback) => {
      questions.push(`${hostname} ${String(options.family)}`);
      open.push(() => callback(null, '192.0.2.1', 4));
    };
    const sharedLookup = createSharedLookup(lookup);
    const answers: unknown[] = [];
    const ask = (hostname: string, family = 0): void =>
      sharedLookup(hostname, { family }, (_error, address) => answers.push([hostname, address]));
    for (let time = 0; time < 10; time += 1) ask('hangs.example');
    ask('other.example');
    ask('hangs.example', 6);
    expect(questions).toEqual(['hangs.example 0', 'other.example 0', 'hangs.example 6']);
    open[0]?.();
    expect(answers).toEqual(Array.from({ length: 10 }, () => ['hangs.example', '192.0.2.1']));
    ask('hangs.example');
    expect(questions).toHaveLength(4);
  });
});
