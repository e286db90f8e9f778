import { type Clock, type HttpClient, oncePer, UpstreamError } from '@mandate/ports';
import {
  type KeySelector,
  type KeySetCache,
  type RefusedKey,
  type VerificationKey,
  createKeySetCache,
  fetchKeySet,
  readVerificationKeys,
  selectKeys,
} from '@mandate/token';
import type { Client } from '../store/client.js';

/** What became of fetching a client's keys: for metrics and the log. */
export interface ClientKeyRefresh {
  clientId: string;
  failure: UpstreamError['failure'] | undefined;
  /** What the log may say of a failure. */
  detail: string | undefined;
  refused: readonly RefusedKey[];
}

/** The public keys of clients. */
export interface ClientKeys {
  /** The keys of the client to try for a header. @throws UpstreamError when those at its `jwksUri` cannot be had. */
  candidates(client: Client, header: KeySelector): Promise<VerificationKey[]>;
}

export interface ClientKeysOptions {
  http: HttpClient;
  clock: Clock;
  onRefresh?: (refresh: ClientKeyRefresh) => void;
  /** Told once of the keys in a record that are not used; the others of it are. */
  onRefused?: (clientId: string, keys: readonly RefusedKey[]) => void;
}

const DEPENDENCY = 'client_keys';

/** A client shows that it has a private key: no shared secret, and no key that is private no longer. */
export const CLIENT_KEY_RULES = { symmetric: false, privateMembers: false };

/**
 * The keys in client records, and those fetched from their `jwksUri`: when first needed, once for any number that wait
 * (docs/security.md K1 to K3). What a client's host resolves to is the client's choice, so that K4 holds for it.
 */
export function createClientKeys({ http, clock, onRefresh, onRefused }: ClientKeysOptions): ClientKeys {
  const caches = new Map<string, KeySetCache>();

  const keysOfRecord = oncePer(({ clientId, jwks = {} }: Client): VerificationKey[] => {
    const { keys, refused } = readVerificationKeys(jwks, CLIENT_KEY_RULES) ?? { keys: [], refused: [] };
    onRefused?.(clientId, refused);
    return keys;
  });

  async function fetchKeys(clientId: string, url: string): Promise<VerificationKey[]> {
    const report = (result: Partial<ClientKeyRefresh>): void =>
      onRefresh?.({ clientId, failure: undefined, detail: undefined, refused: [], ...result });
    try {
      const { keys, refused } = await fetchKeySet(http, { url, learned: true }, DEPENDENCY);
      report({ refused });
      return keys;
    } catch (error) {
      if (error instanceof UpstreamError) report({ failure: error.failure, detail: error.detail });
      throw error;
    }
  }

  function cacheOf({ clientId }: Client, url: string): KeySetCache {
    const name = JSON.stringify([clientId, url]);
    const cache = caches.get(name) ?? createKeySetCache({ clock, fetch: () => fetchKeys(clientId, url) });
    caches.set(name, cache);
    return cache;
  }

  return {
    async candidates(client, header) {
      const { jwks, jwksUri } = client;
      if (jwks !== undefined) return selectKeys(keysOfRecord(client), header);
      return jwksUri === undefined ? [] : cacheOf(client, jwksUri).candidates(header);
    },
  };
}
