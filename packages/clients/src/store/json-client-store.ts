import { oncePer } from '@mandate/ports';
import { type Credential, isDecoy } from '../authentication/required-credentials.js';
import type { ClientStore } from './client-store.js';
import type { Client } from './client.js';

type Clients = ReadonlyMap<string, Client>;

/** A store over records in memory; `current` gives the ones of the last good reading of their file. */
export function createJsonClientStore({ current }: { current: () => Clients }): ClientStore {
  const decoysOf = oncePer((clients: Clients): Record<Credential, Client[]> => {
    const all = [...clients.values()];
    const having = (credential: Credential): Client[] => all.filter((client) => isDecoy(client, credential));
    return { secret: having('secret'), keys: having('keys') };
  });
  return {
    findClient: (clientId) => Promise.resolve(current().get(clientId)),
    decoyFor(clientId, credential) {
      const decoyClients = decoysOf(current())[credential];
      return decoyClients[numberOf(clientId) % decoyClients.length];
    },
  };
}

/** One number for a name, always the same, and another for most others (FNV-1a). */
function numberOf(name: string): number {
  let number = 0x811c9dc5;
  for (let index = 0; index < name.length; index++) number = Math.imul(number ^ name.charCodeAt(index), 0x01000193);
  return number >>> 0;
}
