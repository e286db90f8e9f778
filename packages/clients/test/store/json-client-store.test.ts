import { describe, expect, it } from '@jest/globals';
import { describeClientStoreContract } from '@mandate/testing';
import { type Client, createJsonClientStore, parseClients } from '../../src/index.js';

describeClientStoreContract('json', (clients) => {
  const text = JSON.stringify(clients.map(toRecord));
  return createJsonClientStore({ current: () => parseClients(text) });
});

/** A record of the file for a client; one without credentials is public. */
function toRecord({ secrets, ...rest }: Client): unknown {
  return secrets.length === 0
    ? { ...rest, tokenEndpointAuthMethod: 'none' }
    : { ...rest, clientSecret: secrets[0]?.value, clientSecrets: secrets.slice(1) };
}

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
