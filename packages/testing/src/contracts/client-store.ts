import { describe, expect, it } from '@jest/globals';
import { CLIENT_MEMBERS, type Client, type ClientStore } from '@mandate/clients';
import { type JsonObject, UpstreamError } from '@mandate/ports';
import { closeAfterEach } from '../close-after-each.js';
import { createTestKey } from '../keys/test-key.js';

/** Ids that a store may take for something else: a pattern, a filter, a quoted name, a path, another case or blank. */
const IDS = [
  'c-basic',
  'an:identifier',
  ' %&+',
  'bücher',
  '漢字 😀',
  '__proto__',
  'constructor',
  '*',
  ')(oauthClientId=*',
  '\\2a',
  '$ne',
  `'; DROP TABLE clients; --"`,
  'case',
  'Case',
  'CASE',
  'i'.repeat(256),
];

/** A hash, which is kept as it is loaded. */
const storedAs = (letter: string): string => `{scrypt}ln=10,r=8,p=1$${'c'.repeat(22)}$${letter.repeat(42)}A`;

const members: JsonObject = {
  // In the order of a set that sorts them: scopes have none.
  scopes: ['exchange', 'introspect'],
  tokenExpirationSeconds: 120,
  enabled: true,
  attributes: { realm: '/', groups: ['a', 'b'], nested: { deep: true } },
  grantTypes: ['client_credentials'],
  tokenEndpointAuthMethod: 'client_secret_basic',
  audiences: ['https://api.example.com'],
  resourceServerFor: ['https://images.example.com'],
  mayAssertUsers: { subs: ['alice', 'team-*'] },
};

const fullRecord: JsonObject = {
  clientId: 'full',
  clientSecret: storedAs('a'),
  clientSecrets: [storedAs('b'), { value: storedAs('c'), expiresAt: 1_800_000_000 }],
  defaultTargets: ['https://api.example.com/', { audience: 'https://images.example.com' }],
  ...members,
};
const full = {
  clientId: 'full',
  secrets: [{ value: storedAs('a') }, { value: storedAs('b') }, { value: storedAs('c'), expiresAt: 1_800_000_000 }],
  defaultTargets: [{ resource: 'https://api.example.com/' }, { audience: 'https://images.example.com' }],
  ...members,
};

const withKeyAddress = {
  clientId: 'with-key-address',
  scopes: [],
  attributes: {},
  tokenEndpointAuthMethod: 'private_key_jwt',
  tokenEndpointAuthSigningAlg: 'ES256',
  jwksUri: 'https://client.example.com/jwks.json',
  grantTypes: ['urn:openid:params:grant-type:ciba'],
  tlsClientCertificateBoundAccessTokens: true,
  backchannelTokenDeliveryMode: 'ping',
  backchannelClientNotificationEndpoint: 'https://client.example.com/pinged',
  backchannelAuthenticationRequestSigningAlg: 'ES256',
};
const withKeys = {
  clientId: 'with-keys',
  scopes: [],
  attributes: {},
  jwks: { keys: [createTestKey('ES256').publicJwk] },
  mayAssertUsers: true,
};

const publicRecord = (clientId: string): JsonObject => ({ clientId, tokenEndpointAuthMethod: 'none' });

/** Makes a store that holds exactly these records (docs/configuration.md); the suite closes it after each test. */
export type OpenClientStore = (records: readonly JsonObject[]) => ClientStore | Promise<ClientStore>;

/** What every `ClientStore` promises. */
export function describeClientStoreContract(name: string, open: OpenClientStore): void {
  describe(`ClientStore contract: ${name}`, () => {
    const closeLater = closeAfterEach();
    const openStore: OpenClientStore = async (records) => closeLater(await open(records));

    it('returns records whole, which have every member that there is between them', async () => {
      const records = [fullRecord, withKeyAddress, withKeys];
      expect(new Set(records.flatMap((one) => Object.keys(one)))).toEqual(new Set(CLIENT_MEMBERS));
      const store = await openStore(records);
      const clients = await Promise.all(['full', 'with-key-address', 'with-keys'].map((id) => store.findClient(id)));
      expect(clients.map(plain)).toEqual([full, { ...withKeyAddress, secrets: [] }, { ...withKeys, secrets: [] }]);
    });

    it('finds each of many odd ids, and no other', async () => {
      const store = await openStore(IDS.map(publicRecord));
      for (const id of IDS) expect((await store.findClient(id))?.clientId).toBe(id);
    });

    it('finds nobody under an id that is nearly another, or a pattern of it, or too long', async () => {
      const store = await openStore([fullRecord, publicRecord('bücher')]);
      const nearly = ['', 'Full', 'FULL', 'full ', ' full', 'ful', 'full\0', '*', 'f*', 'full)(a=*', '__proto__'];
      const others = ['constructor', 'toString', '../full', 'bucher', 'b\u0075\u0308cher', '\\66ull', 'x'.repeat(1000)];
      for (const id of [...nearly, ...others]) expect([id, await store.findClient(id)]).toEqual([id, undefined]);
    });

    it('answers many questions at once, each with its own record', async () => {
      const store = await openStore(IDS.map(publicRecord));
      const clients = await Promise.all([...IDS, ...IDS].map((id) => store.findClient(id)));
      expect(clients.map((client) => client?.clientId)).toEqual([...IDS, ...IDS]);
    });

    it('finds nobody in an empty store, and is usable', async () => {
      const empty = await openStore([]);
      await empty.check?.();
      expect(await empty.findClient('full')).toBeUndefined();
    });
  });
}

/** What a store promises beyond that whose records others write one by one. */
export function describeRemoteClientStoreContract(name: string, open: OpenClientStore): void {
  describeClientStoreContract(name, open);

  describe(`ClientStore contract, records one by one: ${name}`, () => {
    const closeLater = closeAfterEach();
    const openStore: OpenClientStore = async (records) => closeLater(await open(records));

    it('takes members that it does not know for absent', async () => {
      const store = await openStore([{ ...fullRecord, somethingNew: 'x' }]);
      expect(plain(await store.findClient('full'))).toEqual(full);
    });

    it('refuses a record that is broken, naming store, id and member and no value, and finds the others', async () => {
      const record = { ...publicRecord('broken'), attributes: [storedAs('z')], tokenEndpointAuthMethod: 'telepathy' };
      const store = await openStore([record, fullRecord]);
      const error = await store.findClient('broken').catch((failure: unknown) => failure);
      expect(error).toBeInstanceOf(UpstreamError);
      const { dependency, failure, detail = '' } = error as UpstreamError;
      expect([dependency, failure]).toEqual([`clients:${name}`, 'malformed']);
      for (const text of ['"broken"', 'attributes', 'tokenEndpointAuthMethod']) expect(detail).toContain(text);
      expect(detail).not.toMatch(/telepathy|scrypt/);
      expect(plain(await store.findClient('full'))).toEqual(full);
    });

    it('knows nobody whose record says that it is not enabled', async () => {
      const store = await openStore([{ ...publicRecord('off'), enabled: false }, publicRecord('on')]);
      expect([await store.findClient('off'), (await store.findClient('on'))?.clientId]).toEqual([undefined, 'on']);
    });
  });
}

/** Without what is `undefined`. */
function plain(client: Client | undefined): unknown {
  return client === undefined ? undefined : JSON.parse(JSON.stringify(client));
}
