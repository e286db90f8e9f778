import { type Socket, connect } from 'node:net';

const TIMEOUT_MS = 1000;

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
  /** Upper case names of the commands so far, those given excepted. */
  commands(...except: string[]): string[];
  /** Whole lines, with arguments. */
  lines(): string[];
  clear(): void;
  close(): void;
}

/** Watches a Redis on loopback. Resolves when it watches. */
export async function monitorRedis(port: number): Promise<RedisMonitor> {
  let seen = '';
  const socket = await new Promise<Socket>((resolve, reject) => {
    const opening = connect(port, '127.0.0.1', () => opening.write('MONITOR\r\n'));
    opening.once('error', reject);
    opening.once('data', () => resolve(opening));
  });
  socket.on('data', (data) => (seen += data.toString('utf8')));
  const lines = (): string[] => seen.split('\r\n').filter((line) => /^\+\d+\.\d+ \[\d+ (?!lua\])/.test(line));
  return {
    lines,
    commands: (...except) =>
      lines()
        .map((line) => (/\] "([^"]+)"/.exec(line)?.[1] ?? '').toUpperCase())
        .filter((name) => !except.includes(name)),
    clear: () => void (seen = ''),
    close: () => socket.destroy(),
  };
}
