import { describe, expect, it } from '@jest/globals';
import { describeClientStoreContract } from '@mandate/testing';
import { createJsonClientStore, parseClients } from '../../src/index.js';

describeClientStoreContract('json', (records) => {
  const text = JSON.stringify(records);
  return createJsonClientStore({ current: () => parseClients(text) });
});

describe('createJsonClientStore', () => {
  it('answers from the records that are current at that moment', async () => {
    let records = parseClients('[{"clientId":"a","clientSecret":"s"}]');
    const store = createJsonClientStore({ current: () => records });
    expect(await store.findClient('b')).toBeUndefined();
    records = parseClients('[{"clientId":"b","clientSecret":"s"}]');
    expect(await store.findClient('a')).toBeUndefined();
    expect(await store.findClient('b')).toMatchObject({ clientId: 'b' });
  });
});
