import type { ClientRequest, Agent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { LookupFunction, Socket } from 'node:net';
import { Agent as HttpAgent } from '../http/node-http.js';
import { type OutboundProxy, tunnelThrough } from './proxy-tunnel.js';

/** Connections to other servers: `https` to configured ones, `guarded` to those whose address was learned. */
export interface Connections {
  http: Agent;
  https: HttpsAgent;
  guarded: HttpsAgent;
  close(): void;
}

/** How connections are made. */
export interface ConnectionOptions {
  maxSockets: number;
  ca: string | undefined;
  lookup: LookupFunction;
  guardedLookup: LookupFunction;
  proxy?: OutboundProxy | undefined;
}

/** Connections for one exchange each. */
export function createConnections(options: ConnectionOptions & { idleMs?: number }): Connections {
  const { maxSockets, ca, lookup, guardedLookup, proxy, idleMs } = options;
  const keeping = idleMs === undefined ? {} : { keepAlive: true, timeout: idleMs };
  const common = { maxSockets, ...keeping, ...(ca !== undefined && { ca }) };
  const agents = {
    http: new HttpAgent({ ...common, lookup }),
    https: new HttpsAgent({ ...common, lookup }),
    guarded: new HttpsAgent({ ...common, lookup: guardedLookup }),
  };
  for (const agent of Object.values(agents)) connectWithoutIdleTime(agent);
  if (proxy !== undefined) {
    tunnelThrough(agents.https, proxy);
    tunnelThrough(agents.guarded, proxy, guardedLookup);
  }
  return { ...agents, close: () => Object.values(agents).forEach((agent) => agent.destroy()) };
}

/** An agent's `timeout` is for connections that wait for use, but runs while one comes about as well, which is the request's. */
function connectWithoutIdleTime(agent: Agent): void {
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => connect({ ...options, timeout: 0 }, callback);
}

/** Connections that are kept for further exchanges. */
export interface KeptConnections extends Connections {
  /** Whether a request went out on a kept connection that then brought nothing: it was gone before, at a balancer. */
  wasGone(request: unknown): boolean;
}

/** Keeps connections until they were idle for `idleMs`. */
export function keepConnections(options: ConnectionOptions & { idleMs: number }): KeptConnections {
  const connections = createConnections(options);
  const taken = new WeakMap<object, { socket: Socket; bytesRead: number }>();
  for (const agent of [connections.http, connections.https, connections.guarded]) {
    const reuse = agent.reuseSocket.bind(agent);
    agent.reuseSocket = (socket: Socket, request: ClientRequest) => {
      taken.set(request, { socket, bytesRead: socket.bytesRead });
      reuse(socket, request);
    };
  }
  return {
    ...connections,
    wasGone(request) {
      const reused = typeof request === 'object' && request !== null ? taken.get(request) : undefined;
      return reused !== undefined && reused.socket.bytesRead === reused.bytesRead;
    },
  };
}
