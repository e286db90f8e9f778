import { afterEach, describe, expect, it } from '@jest/globals';
import type { Client, ClientStore } from '@mandate/clients';

const IDS = ['c-basic', 'an:identifier', ' %&+', 'bücher', '__proto__', 'constructor'];

/** A hash, which is kept as it is loaded. */
const storedAs = (letter: string): string => `{scrypt}ln=10,r=8,p=1$${'c'.repeat(22)}$${letter.repeat(42)}A`;

const full: Client = {
  clientId: 'full',
  secrets: [{ value: storedAs('a') }, { value: storedAs('b'), expiresAt: 1_800_000_000 }],
  scopes: ['introspect', 'exchange'],
  tokenExpirationSeconds: 120,
  attributes: { realm: '/', groups: ['a', 'b'], nested: { deep: true } },
  grantTypes: ['client_credentials'],
  tokenEndpointAuthMethod: 'client_secret_basic',
  audiences: ['https://api.example.com'],
  resourceServerFor: ['https://images.example.com'],
};

/**
 * What every `ClientStore` promises. `open` makes a store that holds exactly these records;
 * the suite closes it after each test.
 */
export function describeClientStoreContract(
  name: string,
  open: (clients: readonly Client[]) => ClientStore | Promise<ClientStore>,
): void {
  describe(`ClientStore contract: ${name}`, () => {
    let store: ClientStore | undefined;
    const opened = async (clients: readonly Client[]): Promise<ClientStore> => (store = await open(clients));

    afterEach(() => {
      store?.close?.();
      store = undefined;
    });

    it('returns a record whole', async () => {
      const found = await (await opened([full])).findClient('full');
      expect(JSON.parse(JSON.stringify(found))).toEqual(full);
    });

    it.each(IDS)('finds %j among others', async (clientId) => {
      const clients = IDS.map((id): Client => ({ clientId: id, secrets: [], scopes: [], attributes: {} }));
      expect((await (await opened(clients)).findClient(clientId))?.clientId).toBe(clientId);
    });

    it.each(['', 'Full', 'full ', 'ful', 'full\0', '*', '__proto__', 'constructor', 'toString', '../full'])(
      'finds nobody under %j',
      async (clientId) => {
        expect(await (await opened([full])).findClient(clientId)).toBeUndefined();
      },
    );

    it('answers many questions at once, each with its own record', async () => {
      const clients = IDS.map((id): Client => ({ clientId: id, secrets: [], scopes: [], attributes: {} }));
      const shared = await opened(clients);
      const found = await Promise.all([...IDS, ...IDS].map((id) => shared.findClient(id)));
      expect(found.map((client) => client?.clientId)).toEqual([...IDS, ...IDS]);
    });

    it('finds nobody in an empty store, and is usable', async () => {
      const empty = await opened([]);
      await empty.check?.();
      expect(await empty.findClient('full')).toBeUndefined();
    });
  });
}
