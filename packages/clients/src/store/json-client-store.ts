import { hash } from 'node:crypto';
import type { ClientStore } from './client-store.js';
import type { Client } from './client.js';

type Clients = ReadonlyMap<string, Client>;

/** A store over records in memory; `current` gives the ones of the last good reading of their file. */
export function createJsonClientStore({ current }: { current: () => Clients }): ClientStore {
  const decoys = new WeakMap<Clients, Client[]>();

  function decoysOf(clients: Clients): Client[] {
    const decoyClients = decoys.get(clients) ?? [...clients.values()].filter(({ secrets }) => secrets.length > 0);
    decoys.set(clients, decoyClients);
    return decoyClients;
  }

  return {
    findClient: (clientId) => Promise.resolve(current().get(clientId)),
    decoyFor(clientId) {
      const decoyClients = decoysOf(current());
      return decoyClients[hash('sha256', clientId, 'buffer').readUInt32BE() % decoyClients.length];
    },
  };
}
