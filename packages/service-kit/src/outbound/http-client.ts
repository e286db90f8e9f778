import type { HttpClient, HttpRequest, HttpResponse } from '@mandate/ports';
import { OUTBOUND_DEFAULTS, type HttpClientOptions } from './http-client-options.js';
import { createConnections, keepConnections } from './kept-connections.js';
import { createSharedLookup } from './shared-lookup.js';
import { guardedLookup, resolveAddresses } from './url-guard.js';

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
  const { maxSockets = OUTBOUND_DEFAULTS.maxSockets, idleMs = IDLE_MS, ca } = options;
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
