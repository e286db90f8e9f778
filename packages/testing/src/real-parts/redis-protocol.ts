import { randomUUID } from 'node:crypto';
import { type Socket, connect } from 'node:net';
import { until } from '../until.js';

/** A busy machine is no failure. */
const TIMEOUT_MS = 20_000;

/** One inline command to a Redis on loopback; the raw answer, up to its last line that came with the first bytes. */
export async function askRedis(port: number, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`${command}\r\n`));
    socket.once('data', (data) => {
      socket.destroy();
      resolve(data.toString('utf8'));
    });
    socket.once('error', reject);
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error('Redis does not answer')));
  });
}

/** The commands that clients send to a Redis, as `MONITOR` shows them; what scripts do inside is left out. */
export interface RedisMonitor {
  /** All lines since it was opened or last asked, with arguments. */
  lines(): Promise<string[]>;
  /** The names alone, in upper case. */
  commands(): Promise<string[]>;
  close(): void;
}

/** Watches a Redis on loopback. Resolves when it watches. */
export async function monitorRedis(port: number): Promise<RedisMonitor> {
  let output = '';
  const socket = await new Promise<Socket>((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('MONITOR\r\n'));
    socket.once('error', reject);
    socket.once('data', () => resolve(socket));
  });
  socket.on('data', (data) => (output += data.toString('utf8')));

  /** A command of its own marks how far the lines have come. */
  const take = async (): Promise<string> => {
    const mark = `"mark-${randomUUID()}"`;
    await askRedis(port, `ECHO ${mark}`);
    await until(() => output.includes(mark));
    const [lines = '', ...after] = output.split(mark);
    output = after.join('').replace(/^\r\n/, '');
    return lines.slice(0, lines.lastIndexOf('\r\n') + 2);
  };
  const lines = async (): Promise<string[]> =>
    (await take()).split('\r\n').filter((line) => /^\+\d+\.\d+ \[\d+ (?!lua\])/.test(line));
  return {
    lines,
    commands: async () => (await lines()).map((line) => (/\] "([^"]+)"/.exec(line)?.[1] ?? '').toUpperCase()),
    close: () => void socket.destroy(),
  };
}
