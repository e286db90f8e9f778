import { describe, expect, it } from '@jest/globals';
import { UpstreamError } from '@mandate/ports';
import { type Client, type ClientStore, createFirstClientStore } from '../../src/index.js';

function storeOf(scope: string, clients: Readonly<Record<string, Partial<Client>>>): ClientStore {
  const find = (clientId: string): Client | undefined => {
    const client = clients[clientId];
    return client && { clientId, secrets: [], scopes: [scope], attributes: {}, ...client };
  };
  return { findClient: (clientId) => Promise.resolve(find(clientId)) };
}

const down: ClientStore = { findClient: () => Promise.reject(new UpstreamError('clients:x', 'unreachable')) };

describe('createFirstClientStore', () => {
  it('answers with the first store that knows the id', async () => {
    const store = createFirstClientStore([storeOf('first', { a: {} }), storeOf('second', { a: {}, b: {} })]);
    const scopes = async (id: string) => (await store.findClient(id))?.scopes;
    expect([await scopes('a'), await scopes('b'), await scopes('c')]).toEqual([['first'], ['second'], undefined]);
  });

  it('fails with a store that fails, unless an earlier one knows the id', async () => {
    const store = createFirstClientStore([storeOf('first', { a: {} }), down, storeOf('third', { a: {}, b: {} })]);
    expect((await store.findClient('a'))?.scopes).toEqual(['first']);
    await expect(store.findClient('b')).rejects.toThrow('clients:x: unreachable');
    await expect(store.findClient('c')).rejects.toThrow('clients:x: unreachable');
  });

  it('knows nobody whose first record is not enabled, whatever a later store says', async () => {
    const store = createFirstClientStore([storeOf('first', { a: { enabled: false } }), storeOf('second', { a: {} })]);
    expect(await store.findClient('a')).toBeUndefined();
  });
});
