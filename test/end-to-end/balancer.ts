import { once } from 'node:events';
import { Agent, type IncomingMessage, type ServerResponse, createServer, request } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** A balancer as a cluster has one: round robin over the replicas that say they are ready, keep-alive, no retries. */
export interface Balancer {
  /** The replica that listens at this port, as last asked. */
  isReady(port: number): boolean;
  /** Requests that a replica was given and did not answer; without a ready replica the answer is 503. */
  failures(): string[];
  close(): Promise<void>;
}

const PROBE_INTERVAL_MS = 100;

/** Listens at `port` for the replicas at `replicas`, which need not run yet. */
export async function startBalancer(port: number, replicas: readonly number[]): Promise<Balancer> {
  const agent = new Agent({ keepAlive: true });
  const ready = new Set<number>();
  const failures: string[] = [];
  let turn = 0;
  let open = true;

  const probe = async (replica: number): Promise<void> => {
    while (open) {
      const isReady = await fetch(`http://127.0.0.1:${replica}/readyz`).then(
        async (answer) => (await answer.text()) !== '' && answer.ok,
        () => false,
      );
      if (isReady) ready.add(replica);
      else ready.delete(replica);
      await sleep(PROBE_INTERVAL_MS);
    }
  };
  const forward = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const replica = [...ready].sort()[(turn += 1) % ready.size];
    if (replica === undefined) return void outgoing.writeHead(503).end();
    const { method, url: path, headers } = incoming;
    const upstream = request({ agent, host: '127.0.0.1', port: replica, method, path, headers });
    const responseEvent = once(upstream, 'response') as Promise<[IncomingMessage]>;
    await pipeline(incoming, upstream);
    const [answer] = await responseEvent;
    const { 'content-type': type = '', 'content-length': length = '' } = answer.headers;
    outgoing.writeHead(answer.statusCode ?? 502, { 'content-type': type, 'content-length': length });
    await pipeline(answer, outgoing);
  };
  const server = createServer((incoming, outgoing) => {
    forward(incoming, outgoing).catch((error: unknown) => {
      failures.push(String(error));
      outgoing.destroy();
    });
  });
  server.keepAliveTimeout = 0;
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const probes = replicas.map(probe);
  return {
    isReady: (replica) => ready.has(replica),
    failures: () => failures,
    async close() {
      open = false;
      await Promise.all(probes);
      agent.destroy();
      server.closeAllConnections();
      await once(server.close(), 'close');
    },
  };
}
