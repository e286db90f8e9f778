import { once } from 'node:events';
import { type AddressInfo, type Socket, createServer } from 'node:net';
import { expect, it } from '@jest/globals';
import { closeAfterEach, monitorRedis, startRedisProcess, until } from '@mandate/testing';
import { connectTo, createExactReplayStore, outcomeOf, program, systemClock, withRedis } from './redis-world.js';

/** What a Sentinel says, and whether it does. */
interface SentinelStandIn {
  port: number;
  /** The port of the master that it names. */
  master: number;
  /** Whether it answers who subscribes. */
  answers: boolean;
  /** Who asked to be told of a failover since it was last cut off. */
  subscribers: Socket[];
  cutOff(): void;
  close(): void;
}

const bulk = (text: string): string => `$${text.length}\r\n${text}\r\n`;

async function startSentinelStandIn(master: number): Promise<SentinelStandIn> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    socket.on('data', (data) => {
      for (const command of data.toString('utf8').split(/(?=\*\d+\r\n)/)) socket.write(answer(command, socket));
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const cutOff = (): void => {
    standIn.subscribers = [];
    for (const socket of sockets) socket.destroy();
  };
  const close = (): void => {
    server.close();
    cutOff();
  };
  const standIn: SentinelStandIn = {
    port: (server.address() as AddressInfo).port,
    master,
    answers: true,
    subscribers: [],
    cutOff,
    close,
  };
  function answer(command: string, socket: Socket): string {
    if (/get-master-addr-by-name/i.test(command)) return `*2\r\n${bulk('127.0.0.1')}${bulk(String(standIn.master))}`;
    if (/sentinels/i.test(command)) return '*0\r\n';
    if (!/subscribe/i.test(command)) return '-ERR unknown command HELLO\r\n';
    standIn.subscribers.push(socket);
    return standIn.answers ? `*3\r\n${bulk('subscribe')}${bulk('+switch-master')}:1\r\n` : '';
  }
  return standIn;
}

withRedis('a failover', () => {
  const closeLater = closeAfterEach();

  it('S2 is noticed through a Sentinel that was away, hung and came back, though the old master still answers', async () => {
    const [former, next] = await Promise.all([0, 1].map(() => startRedisProcess(program ?? '')));
    for (const redis of [former, next]) closeLater({ close: () => redis?.stop() });
    const sentinel = closeLater(await startSentinelStandIn(former?.port ?? 0));
    const url = `redis+sentinel://127.0.0.1:${sentinel.port}/mandate`;
    const replays = createExactReplayStore({ redis: closeLater(await connectTo(url, 0, 250)), clock: systemClock });
    const mark = (name: string): Promise<unknown> => outcomeOf(replays.markUsed(name, systemClock() + 60));
    await until(() => sentinel.subscribers.length > 0);

    sentinel.answers = false;
    sentinel.cutOff();
    await until(() => sentinel.subscribers.length > 0);
    // Cut off while who subscribes waits: a rejection that nobody takes ends a service, and fails this test.
    sentinel.answers = true;
    sentinel.cutOff();
    await until(() => sentinel.subscribers.length > 0);
    expect(await mark('before')).toBe(true);

    const asked = closeLater(await monitorRedis(next?.port ?? 0));
    sentinel.master = next?.port ?? 0;
    for (const name of ['other', 'mandate']) {
      const message = `${name} 127.0.0.1 ${former?.port} 127.0.0.1 ${next?.port}`;
      for (const socket of sentinel.subscribers) {
        socket.write(`*3\r\n${bulk('message')}${bulk('+switch-master')}${bulk(message)}`);
      }
    }
    await until(async () => {
      await mark('after');
      return (await asked.commands()).includes('EVAL');
    });
  });
});
