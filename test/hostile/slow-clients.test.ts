import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { until } from '@mandate/testing';
import { basic, postForm } from '../end-to-end/post-form.js';
import { SECRET, type World, startTrio } from '../end-to-end/worlds.js';
import { openSocket } from './raw-socket.js';

/** Together they wait for longer than any of them is given. */
const HELD_SECONDS = 60;

let world: World;
beforeAll(async () => void (world = await startTrio()));
afterAll(() => world.stop());

/** A client that begins and then sends a byte a second, until it is closed. */
interface SlowClient {
  /** Seconds from its first byte until it was closed, and what it was told. */
  seconds: () => number | undefined;
  answer: () => string;
}

async function startSlow(origin: string, first: string, drop: string): Promise<SlowClient> {
  const socket: Socket = await openSocket(origin);
  const startMs = performance.now();
  let seconds: number | undefined;
  let answer = '';
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')));
  socket.write(first);
  const timer = setInterval(() => socket.write(drop), 1000);
  socket.once('close', () => {
    clearInterval(timer);
    seconds = (performance.now() - startMs) / 1000;
  });
  return { seconds: () => seconds, answer: () => answer };
}

describe('clients that are slow on purpose', () => {
  it('H6 are closed within their time, a thousand of them, and everybody else is served meanwhile', async () => {
    const { tokenValidation: origin } = world;
    const head = 'POST /service/introspect HTTP/1.1\r\nHost: x\r\n';
    const body = `${head}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\ntoken=`;
    const start = (count: number, first: string, drop: string): Promise<SlowClient[]> =>
      Promise.all(Array.from({ length: count }, () => startSlow(origin, first, drop)));
    const headers = await start(500, head, 'X: y\r\n');
    const bodies = await start(250, body, 'x');
    const silent = await start(250, '', '');
    const slow = [...headers, ...bodies, ...silent];
    const areClosed = (): boolean => slow.every(({ seconds }) => seconds() !== undefined);

    const statuses = new Set<number>();
    let servedCount = 0;
    while (!areClosed() && servedCount < HELD_SECONDS * 100) {
      const { status, body: answer } = await postForm(
        `${origin}/service/introspect`,
        { token: 'x' },
        basic('bob', encodeURIComponent(SECRET)),
      );
      statuses.add(status);
      expect(answer).toEqual({ active: false });
      servedCount += 1;
      await sleep(10);
    }
    await until(areClosed, { deadlineSeconds: HELD_SECONDS });

    expect([...statuses]).toEqual([200]);
    expect(servedCount).toBeGreaterThan(20);
    for (const client of [...headers, ...bodies]) expect(client.answer()).toMatch(/^HTTP\/1\.1 408 /);
    const longest = (clients: SlowClient[]): number => Math.max(...clients.map(({ seconds }) => seconds() ?? Infinity));
    const times = [headers, bodies, silent].map((clients) => longest(clients).toFixed(1));
    process.stderr.write(
      `slow clients closed after ${times.join(', ')} s (headers, bodies, silent); ${servedCount} served\n`,
    );
    expect(longest(slow)).toBeLessThan(HELD_SECONDS);
  }, 180_000);
});
