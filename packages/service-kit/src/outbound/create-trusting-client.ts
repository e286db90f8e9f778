import type { HttpClient } from '@mandate/ports';
import type { HttpClientOptions } from './http-client-options.js';
import { createHttpClient } from './http-client.js';

export interface TrustingClientOptions extends Omit<HttpClientOptions, 'ca'> {
  /** Certificates (PEM) of the authorities that are believed now; asked with every request. */
  authorities: () => string;
  timeoutMs: number;
}

/** A client that believes the certificates in force now; a new set means new connections. */
export function createTrustingClient({
  authorities,
  ...options
}: TrustingClientOptions): HttpClient & { close(): void } {
  const connect = (ca: string) => ({ ca, client: createHttpClient({ ...options, ca }) });
  let connected: ReturnType<typeof connect> | undefined;
  return {
    async send(request) {
      const ca = authorities();
      if (ca !== connected?.ca) {
        const former = connected?.client;
        connected = connect(ca);
        // What is under way with it ends within its deadline.
        setTimeout(() => former?.close(), options.timeoutMs).unref();
      }
      return connected.client.send(request);
    },
    close: () => connected?.client.close(),
  };
}
