import type { ClientStore } from './client-store.js';

/**
 * Several stores as one, asked in their order: the first that knows the id answers, and one that fails ends the question,
 * since a later store may hold an older record. A record with `enabled: false` is nobody's, whatever a later store says.
 */
export function createFirstClientStore(stores: readonly ClientStore[]): ClientStore {
  return {
    async findClient(clientId) {
      for (const store of stores) {
        const client = await store.findClient(clientId);
        if (client !== undefined) return client.enabled === false ? undefined : client;
      }
      return undefined;
    },
    decoyFor(clientId, credential) {
      for (const store of stores) {
        const decoy = store.decoyFor?.(clientId, credential);
        if (decoy !== undefined) return decoy;
      }
      return undefined;
    },
    async check() {
      for (const store of stores) await store.check?.();
    },
    close: () => stores.forEach((store) => store.close?.()),
  };
}
