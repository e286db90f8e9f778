import {
  type Client,
  type ClientStore,
  type SecretBind,
  countLookups,
  withClientCache,
  withLookupsCounted,
} from '@mandate/clients';
import { UpstreamError } from '@mandate/ports';
import {
  type HealthPart,
  type Runtime,
  type Settings,
  createUpstreamBreaker,
  integer,
  seconds,
  usedWith,
} from '@mandate/service-kit';
import type { ComposedPart } from '../part.js';
import { type RemoteStoreName, REMOTE_STORES } from './store-names.js';

const REMOTE = { CLIENT_CREDENTIALS_STORE: REMOTE_STORES };

/** The variables of all stores that are asked over the network. */
export const remoteStoreConfig = usedWith(REMOTE, {
  CLIENT_CACHE_SECONDS: seconds(0, 3600)
    .default(30)
    .describe('How long a record of a remote store is used before it is read again: how late a change is seen'),
  CLIENT_CACHE_MISSING_SECONDS: seconds(0, 3600)
    .default(5)
    .describe('How long an id that a remote store does not know is not asked for again'),
  CLIENT_STALE_SECONDS: seconds(0, 86_400)
    .default(0)
    .describe('How much longer a record is used while its store fails; 0: never, the answer is 503'),
  CLIENT_STORE_TIMEOUT_MS: integer(10, 60_000)
    .default(1000)
    .describe('Deadline of one question to a remote store; then 503'),
});

export type RemoteStoreSettings = Settings<typeof remoteStoreConfig>;

/** A client store with what it brings along. */
export interface ComposedClientStore extends ComposedPart {
  store: ClientStore;
  /** Checks the secrets that the store's directory keeps to itself. */
  bind?: SecretBind | undefined;
  /** Every record, where all are there at once: those of a file. */
  listed?: (() => Iterable<Client>) | undefined;
}

/** So short that a store is right again two seconds after its server is. */
const HALF_OPEN_AFTER_MS = 500;

/**
 * Puts before a store what all that are asked over the network need: a cache, a circuit breaker, metrics, and a part of
 * `/readyz` that is not ready while the store cannot be used. A service that also takes bearer tokens serves without it.
 */
export function composeRemoteStore(
  { store, ...part }: ComposedClientStore,
  { config, runtime, name }: { config: RemoteStoreSettings; runtime: Runtime; name: RemoteStoreName },
): ComposedClientStore {
  const { metrics } = runtime;
  const upstream = `clients:${name}`;
  const breaker = createUpstreamBreaker({ name: upstream, halfOpenAfterMs: HALF_OPEN_AFTER_MS }, runtime);
  const countedStore = withLookupsCounted(store, name, metrics);
  const guardedStore = { ...countedStore, findClient: (id: string) => breaker.run(() => countedStore.findClient(id)) };
  const cachedStore = withClientCache(guardedStore, {
    seconds: config.CLIENT_CACHE_SECONDS,
    missingSeconds: config.CLIENT_CACHE_MISSING_SECONDS,
    staleSeconds: config.CLIENT_STALE_SECONDS,
    onAnswer: countLookups(name, metrics),
  });
  return { ...part, store: cachedStore, parts: [healthOf(upstream, store), ...part.parts] };
}

function healthOf(name: string, store: ClientStore): HealthPart {
  return {
    name,
    async status() {
      try {
        await store.check?.();
        return { ready: true };
      } catch (error) {
        if (!(error instanceof UpstreamError)) throw error;
        return { ready: false, detail: [error.failure, error.detail].filter(Boolean).join(', ') };
      }
    },
  };
}
