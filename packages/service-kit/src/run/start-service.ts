import { once } from 'node:events';
import type { Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { type AppOptions, createApp } from '../http/create-app.js';
import { messageClasses } from '../http/message-classes.js';
import { createHttpServer } from './create-servers.js';
import { listen } from './listen.js';

/** A process that serves. */
export interface RunningService {
  /** For instance `http://127.0.0.1:8080`, with the port that was really taken. */
  publicUrl: string;
  managementUrl: string;
  /**
   * Stops without losing a request: not ready and `Connection: close` for the drain delay, then idle sockets close and
   * requests in flight finish, all within 25 seconds. A second call skips the delay.
   */
  stop(): Promise<void>;
}

const STOP_DEADLINE_MS = 23_000;

/** Listens on both ports of `config` (0: any free one) and serves. @throws ConfigError naming the variable of one that is taken */
export async function startService(options: AppOptions): Promise<RunningService> {
  const { services, config, logger } = options;
  const app = createApp(options);
  const publicServer = createHttpServer(app.public, config.MAX_CONNECTIONS, messageClasses(app.public));
  const managementServer = createHttpServer(app.management, config.MAX_CONNECTIONS, messageClasses(app.management));
  const servers = [publicServer, managementServer];
  try {
    await listen(publicServer, { host: config.HOST, port: config.PORT, portVariable: 'PORT' });
    const management = { host: config.HOST, port: config.MANAGEMENT_PORT, portVariable: 'MANAGEMENT_PORT' } as const;
    await listen(managementServer, management);
  } catch (error) {
    for (const server of servers) server.close();
    throw error;
  }
  const hurry = new AbortController();
  let stopping: Promise<void> | undefined;
  async function drainAndClose(): Promise<void> {
    app.startDraining();
    for (const service of services) service.stopWaiting?.();
    logger.info('draining', { seconds: config.SHUTDOWN_DRAIN_SECONDS });
    await delay(config.SHUTDOWN_DRAIN_SECONDS * 1000, undefined, { signal: hurry.signal }).catch(() => undefined);
    await closeServers(servers, STOP_DEADLINE_MS - config.SHUTDOWN_DRAIN_SECONDS * 1000);
    await Promise.all(services.map((service) => service.close()));
  }
  return {
    publicUrl: urlOf(publicServer),
    managementUrl: urlOf(managementServer),
    stop() {
      if (stopping !== undefined) hurry.abort();
      return (stopping ??= drainAndClose());
    },
  };
}

/** Stops accepting, closes idle sockets, waits for the rest; after the deadline the rest is cut. */
async function closeServers(servers: readonly Server[], deadlineMs: number): Promise<void> {
  const cut = setTimeout(() => servers.forEach((server) => server.closeAllConnections()), deadlineMs);
  await Promise.all(
    servers.map(async (server) => {
      const closed = once(server, 'close');
      server.close();
      server.closeIdleConnections();
      await closed;
    }),
  );
  clearTimeout(cut);
}

function urlOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('The server is not listening');
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return `http://${host}:${address.port}`;
}
