import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  LDAP_TEST,
  type LdapServer,
  describeRemoteClientStoreContract,
  ldapServer,
  startLdapServer,
  startRealPart,
} from '@mandate/testing';
import { type ComposedStore, type StoreEnvironment, composeStore, fill, openWith } from './client-store-world.js';
import { describeClientsImport } from './describe-clients-import.js';
import { describeStoreFaults } from './describe-store-faults.js';

const tool = await startRealPart(ldapServer, process.env);
const withLdap = tool === undefined ? describe.skip : describe;

function envOf(port: number, { dn, password }: { dn: string; password: string }): StoreEnvironment {
  return {
    CLIENT_CREDENTIALS_LDAP_URLS: `ldap://127.0.0.1:${port}`,
    CLIENT_CREDENTIALS_LDAP_BIND_DN: dn,
    CLIENT_CREDENTIALS_LDAP_BIND_PASSWORD: password,
    CLIENT_CREDENTIALS_LDAP_BASE_DN: LDAP_TEST.baseDn,
  };
}
const asReader = (port: number): StoreEnvironment => envOf(port, LDAP_TEST.reader);
const asAdmin = (port: number): StoreEnvironment => envOf(port, LDAP_TEST.admin);

withLdap('clients in a real slapd', () => {
  let server: LdapServer;
  let store: ComposedStore | undefined;
  beforeAll(async () => {
    server = await startLdapServer(tool?.address ?? '', process.env);
  });
  afterAll(async () => {
    store?.close?.();
    await server.stop();
  });
  const openStore = async (env: StoreEnvironment): Promise<ComposedStore> => {
    store?.close?.();
    return (store = await composeStore('ldap', { ...asReader(server.port), CLIENT_STORE_TIMEOUT_MS: '5000', ...env }));
  };

  describeRemoteClientStoreContract('ldap', (records) =>
    openWith('ldap', asReader(server.port), { records, operator: asAdmin(server.port) }),
  );

  describeClientsImport('ldap', () => asAdmin(server.port));

  const stock = {
    CLIENT_CREDENTIALS_LDAP_FILTER: '(&(objectClass=account)(uid={id}))',
    CLIENT_CREDENTIALS_LDAP_ATTRIBUTES: '{"clientId":"uid","scopes":"description","kind":"objectClass"}',
  };

  it('checks secrets by bind, over an entry of stock schema, and knows a wrong one from no answer', async () => {
    const bindStore = await openStore({ ...stock, CLIENT_CREDENTIALS_LDAP_SECRET_CHECK: 'bind' });
    const client = await bindStore.findClient('svc-stock');
    const dn = `uid=svc-stock,${LDAP_TEST.baseDn}`;
    expect(client?.secrets).toEqual([{ value: `{bind}${dn}` }]);
    expect(client?.scopes).toEqual(['read', 'write']);
    expect(client?.attributes['kind']).toContain('account');
    expect(await bindStore.bind?.(dn, LDAP_TEST.clientPassword)).toBe(true);
    for (const password of ['wrong', '', ' ']) expect(await bindStore.bind?.(dn, password)).toBe(false);
    expect(await bindStore.bind?.(`uid=nobody,${LDAP_TEST.baseDn}`, LDAP_TEST.clientPassword)).toBe(false);
    expect(bindStore.decoyFor?.('x', 'secret')).toMatchObject({
      secrets: [{ value: expect.stringMatching(/^\{bind\}uid=nobody,/) }],
    });
    const impatient = await openStore({
      ...stock,
      CLIENT_CREDENTIALS_LDAP_SECRET_CHECK: 'bind',
      CLIENT_STORE_TIMEOUT_MS: '200',
    });
    await server.pause();
    await expect(impatient.bind?.(dn, 'wrong')).rejects.toThrow('clients:ldap: timeout');
    await server.resume();
  });

  it.each(['ldaps', 'StartTLS'])(
    'is found over %s at the second of two servers, which the CA file makes trusted',
    async (encryption) => {
      await fill('ldap', asAdmin(server.port), [{ clientId: 'a', clientSecret: 's' }]);
      const url = encryption === 'ldaps' ? `ldaps://localhost:${server.tlsPort}` : `ldap://localhost:${server.port}`;
      const store = await openStore({
        CLIENT_CREDENTIALS_LDAP_URLS: `${encryption === 'ldaps' ? 'ldaps' : 'ldap'}://127.0.0.1:1,${url}`,
        CLIENT_CREDENTIALS_LDAP_STARTTLS: String(encryption === 'StartTLS'),
        CLIENT_CREDENTIALS_LDAP_CA_FILE: server.caFile,
      });
      expect((await store.findClient('a'))?.clientId).toBe('a');
    },
  );

  it.each([
    ['busy', 'overloaded'],
    ['unavailable', 'unreachable'],
    ['timelimit', 'timeout'],
    ['slow', 'timeout'],
  ])('has no verdict while the directory says that it is %s', async (name, failure) => {
    const base = { CLIENT_CREDENTIALS_LDAP_BASE_DN: `cn=${name},ou=faults,dc=example,dc=test` };
    const faulty = await openStore({ ...base, ...(name === 'slow' && { CLIENT_STORE_TIMEOUT_MS: '500' }) });
    await expect(faulty.findClient('anybody')).rejects.toMatchObject({ dependency: 'clients:ldap', failure });
    expect(await faulty.health()).toMatchObject({ ready: false });
  });

  it('never takes a hash that the directory made for a password', async () => {
    const record = { clientId: 'hashed', clientSecret: '{SSHA}AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' };
    await fill('ldap', asAdmin(server.port), [record]);
    const store = await openStore({});
    await expect(store.findClient('hashed')).rejects.toMatchObject({
      failure: 'malformed',
      detail: expect.stringContaining('CLIENT_CREDENTIALS_LDAP_SECRET_CHECK=bind'),
    });
  });
});

withLdap('a slapd of this test', () => {
  describeStoreFaults({
    name: 'ldap',
    secrets: [LDAP_TEST.reader.password, 'another-password'],
    async open() {
      // Whoever connects again without TLS is refused.
      const server = await startLdapServer(tool?.address ?? '', { ...process.env, REQUIRE_TLS: '1' });
      const overTls = { CLIENT_CREDENTIALS_LDAP_STARTTLS: 'true', CLIENT_CREDENTIALS_LDAP_CA_FILE: server.caFile };
      return {
        ...server,
        env: (port: number) => ({ ...asReader(port), ...overTls }),
        operatorEnv: (port: number) => ({ ...asAdmin(port), ...overTls }),
      };
    },
    wrongSettings: [
      ['a wrong password', /password is wrong/, () => ({ CLIENT_CREDENTIALS_LDAP_BIND_PASSWORD: 'another-password' })],
      ['no such base', /no such base/, () => ({ CLIENT_CREDENTIALS_LDAP_BASE_DN: 'ou=nowhere,dc=example,dc=test' })],
      ['a base of another server', /a referral/, () => ({ CLIENT_CREDENTIALS_LDAP_BASE_DN: 'dc=elsewhere,dc=test' })],
      [
        'no such attribute',
        /no attribute clientidentifier/,
        () => ({ CLIENT_CREDENTIALS_LDAP_FILTER: '(clientIdentifier={id})' }),
      ],
      [
        'the wrong authority',
        /unreachable, [A-Z_]+/,
        (_server, otherCaFile) => ({ CLIENT_CREDENTIALS_LDAP_CA_FILE: otherCaFile }),
      ],
      [
        'a connection without TLS',
        /wants TLS/,
        () => ({ CLIENT_CREDENTIALS_LDAP_STARTTLS: 'false', CLIENT_CREDENTIALS_LDAP_CA_FILE: '' }),
      ],
    ],
  });
});
