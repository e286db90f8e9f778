import type { Client, ClientStore } from './client.js';

/** A store over records in memory; `current` gives the ones of the last good reading of their file. */
export function createJsonClientStore({ current }: { current: () => ReadonlyMap<string, Client> }): ClientStore {
  return { findClient: (clientId) => Promise.resolve(current().get(clientId)) };
}
