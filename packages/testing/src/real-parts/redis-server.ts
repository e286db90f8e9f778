import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inContainer } from './container.js';
import { findProgram } from './find-program.js';
import { freePort, startLocalServer } from './local-server.js';
import type { RealPart, RealPartWay } from './start-real-part.js';

const localRedis: RealPartWay = {
  name: 'redis-server on PATH',
  async start(env) {
    const program = await findProgram('redis-server', env);
    if (program === undefined) return undefined;
    const port = await freePort();
    const directory = await mkdtemp(join(tmpdir(), 'mandate-redis-'));
    const args = [
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--save',
      '',
      '--appendonly',
      'no',
      '--dir',
      directory,
    ];
    const server = await startLocalServer({ program, args, isReady: () => answersPing(port) });
    const stop = async (): Promise<void> => {
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    };
    return { address: `redis://127.0.0.1:${port}`, stop };
  },
};

/** A real Redis without persistence; the address is a `redis://` URL. */
export const redisServer: RealPart = {
  name: 'Redis',
  addressVariable: 'TEST_REDIS_URL',
  ways: [
    inContainer({
      image: 'redis:7-alpine',
      imageVariable: 'TEST_REDIS_IMAGE',
      port: 6379,
      address: (host, port) => `redis://${host}:${port}`,
    }),
    localRedis,
  ],
  advice: 'Set TEST_REDIS_URL, start a Docker engine, or install redis-server.',
};

async function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    const answer = (ok: boolean): void => {
      socket.destroy();
      resolve(ok);
    };
    socket.once('data', (data) => answer(data.toString('utf8').startsWith('+PONG')));
    socket.once('error', () => answer(false));
    socket.setTimeout(1000, () => answer(false));
  });
}
