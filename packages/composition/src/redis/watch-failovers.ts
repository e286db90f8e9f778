import type { Redis } from 'ioredis';

const CHANNEL = '+switch-master';

/**
 * Tells when a Sentinel has another master than it had: one that is cut off from the Sentinels, and not from us, closes no
 * connection and would be asked on. Each tells for itself, since one asked meanwhile may name the former master still.
 * Not by the driver's `failoverDetector`: nobody takes the errors of its connections, nor the refusal when they subscribe
 * again, so that a Sentinel that came back slowly ended the process. Returns what ends it.
 */
export function watchFailovers(sentinels: readonly Redis[], master: string, onFailover: () => void): () => void {
  for (const sentinel of sentinels) watch(sentinel, master, onFailover);
  return () => sentinels.forEach((sentinel) => sentinel.disconnect());
}

function watch(sentinel: Redis, master: string, onFailover: () => void): void {
  let known: string | undefined;
  function learn(host: string | undefined, port: string | undefined): void {
    const address = `${host} ${port}`;
    const isFailover = known !== undefined && known !== address;
    known = address;
    if (isFailover) onFailover();
  }
  // What was announced while it was away is asked for; a connection that is told announcements can ask nothing any more.
  async function listen(): Promise<void> {
    const found = await sentinel.call('SENTINEL', 'get-master-addr-by-name', master);
    if (Array.isArray(found)) learn(...(found as [string, string]));
    await sentinel.subscribe(CHANNEL);
  }
  sentinel.on('error', () => undefined);
  // A refusal is this Sentinel's alone; one whose connection was lost listens again on the next.
  sentinel.on('ready', () => void listen().catch(() => undefined));
  sentinel.on('message', (_channel: string, text: string) => {
    const [name, , , host, port] = text.split(' ');
    if (name === master) learn(host, port);
  });
  sentinel.connect().catch(() => undefined);
}
