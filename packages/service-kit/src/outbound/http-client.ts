import type { HttpClient, HttpRequest, HttpResponse } from '@mandate/ports';
import { createConnections, keepConnections } from './kept-connections.js';
import type { OutboundProxy } from './proxy-tunnel.js';
import { createSharedLookup } from './shared-lookup.js';
import { type AddressResolver, guardedLookup, resolveAddresses } from './url-guard.js';

export interface HttpClientOptions {
  /** Deadline of a whole exchange in milliseconds, unless the request brings its own. Default 1000. */
  timeoutMs?: number;
  /** Open connections per host. Default 64. */
  maxSockets?: number;
  /** How long a connection is kept idle, in milliseconds. Default 4000. */
  idleMs?: number;
  /** Largest body read in bytes, unless the request brings its own. Default 1 MiB. */
  maxResponseBytes?: number;
  /** Hosts a learned URL may name although they are private or plain http (`OUTBOUND_PRIVATE_HOSTS`). */
  privateHosts?: readonly string[];
  /** Origins an operator wrote in configuration: a learned URL there is as good as a configured one. */
  allowOrigins?: readonly string[];
  /** Resolves names for learned URLs; default: the system's resolver. */
  resolve?: AddressResolver;
  /** What https calls go through, instead of directly. */
  proxy?: OutboundProxy;
  /** Extra certificate authorities, PEM. */
  ca?: string;
}

/** Shorter than what common servers and balancers keep an idle connection: five seconds and more. */
const IDLE_MS = 4000;

/**
 * The outbound client: keep-alive, no redirects, no proxy but the one given, no decompression, bounded in size and time. A request that
 * may be repeated is sent once more on a fresh connection when the kept one brought nothing: balancers drop idle ones.
 * Rejects with `UpstreamError` only. What sends is loaded with the first request: many processes never send one.
 *
 * @example
 * const http = createHttpClient({ timeoutMs: 1000 });
 * const { status, body } = await http.send({ method: 'GET', url: 'https://issuer.example/jwks' });
 */
export function createHttpClient(options: HttpClientOptions = {}): HttpClient & { close(): void } {
  const { maxSockets = 64, idleMs = IDLE_MS, ca } = options;
  const how = {
    maxSockets,
    ca,
    proxy: options.proxy,
    lookup: createSharedLookup(),
    guardedLookup: guardedLookup(options.resolve ?? resolveAddresses),
  };
  const kept = keepConnections({ ...how, idleMs });
  const fresh = createConnections(how);
  let sender: Promise<(request: HttpRequest) => Promise<HttpResponse>> | undefined;
  async function load(): Promise<(request: HttpRequest) => Promise<HttpResponse>> {
    const { createSender } = await import('./axios-sender.js');
    return createSender({ kept, fresh, options });
  }
  return {
    send: async (request) => (await (sender ??= load()))(request),
    close() {
      kept.close();
      fresh.close();
    },
  };
}
