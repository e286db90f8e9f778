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
  /** How often it was asked for it. */
  questions: number;
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
    questions: 0,
    answers: true,
    subscribers: [],
    cutOff,
    close,
  };
  function answer(command: string, socket: Socket): string {
    if (/get-master-addr-by-name/i.test(command)) {
      standIn.questions++;
      return `*2\r\n${bulk('127.0.0.1')}${bulk(String(standIn.master))}`;
    }
    if (/sentinels/i.test(command)) return '*0\r\n';
    if (!/subscribe/i.test(command)) return '-ERR unknown command HELLO\r\n';
    standIn.subscribers.push(socket);
    return standIn.answers ? `*3\r\n${bulk('subscribe')}${bulk('+switch-master')}:1\r\n` : '';
  }
  return standIn;
}

/** Tells who listens that a master is another now. */
function announce({ subscribers }: SentinelStandIn, [name, from, to]: [string, number, number]): void {
  const message = bulk(`${name} 127.0.0.1 ${from} 127.0.0.1 ${to}`);
  for (const socket of subscribers) socket.write(`*3\r\n${bulk('message')}${bulk('+switch-master')}${message}`);
}

withRedis('a failover', () => {
  const closeLater = closeAfterEach();

  async function startMaster(): Promise<number> {
    const redis = await startRedisProcess(program ?? '');
    closeLater({ close: () => redis.stop() });
    return redis.port;
  }
  const startSentinel = async (master: number): Promise<SentinelStandIn> =>
    closeLater(await startSentinelStandIn(master));

  /** Uses a replay mark at the master that these name, and says how it went. */
  async function openMarks(...sentinels: SentinelStandIn[]): Promise<(name: string) => Promise<unknown>> {
    const url = `redis+sentinel://${sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',')}/mandate`;
    const replays = createExactReplayStore({ redis: closeLater(await connectTo(url, 0, 250)), clock: systemClock });
    await until(() => sentinels.every(({ subscribers }) => subscribers.length > 0));
    return (name) => outcomeOf(replays.markUsed(name, systemClock() + 60));
  }

  /** Waits until that master is asked. */
  async function untilAsked(master: number, mark: (name: string) => Promise<unknown>): Promise<void> {
    const asked = closeLater(await monitorRedis(master));
    await until(async () => {
      await mark('after');
      return (await asked.commands()).includes('EVAL');
    });
  }

  it('S2 is noticed through a Sentinel that was away, hung and came back, though the old master still answers', async () => {
    const [former, next] = [await startMaster(), await startMaster()];
    const sentinel = await startSentinel(former);
    const mark = await openMarks(sentinel);

    sentinel.answers = false;
    sentinel.cutOff();
    await until(() => sentinel.subscribers.length > 0);
    // Cut off while who subscribes waits: a rejection that nobody takes ends a service, and fails this test.
    sentinel.answers = true;
    sentinel.cutOff();
    await until(() => sentinel.subscribers.length > 0);
    expect(await mark('before')).toBe(true);

    sentinel.master = next;
    announce(sentinel, ['other', former, next]);
    announce(sentinel, ['mandate', former, next]);
    await untilAsked(next, mark);
  });

  it('S2 is noticed when it came while no Sentinel could be listened to', async () => {
    const [former, next] = [await startMaster(), await startMaster()];
    const sentinel = await startSentinel(former);
    const mark = await openMarks(sentinel);
    expect(await mark('before')).toBe(true);
    sentinel.master = next;
    sentinel.cutOff();
    await untilAsked(next, mark);
  });

  it('S2 is noticed by the last Sentinel to know it, when the others announced it before', async () => {
    const [former, next] = [await startMaster(), await startMaster()];
    const [first, last] = [await startSentinel(former), await startSentinel(former)];
    const mark = await openMarks(first, last);
    // The first knows it, and hides it from who asks: so does one that is cut off together with the old master.
    const questions = (): number => first.questions + last.questions;
    const before = questions();
    announce(first, ['mandate', former, next]);
    await until(async () => questions() > before && (await mark('between')) === true);
    for (const sentinel of [first, last]) sentinel.master = next;
    announce(last, ['mandate', former, next]);
    await untilAsked(next, mark);
  });
});
