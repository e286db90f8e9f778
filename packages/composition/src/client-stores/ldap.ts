import {
  type ClientRecords,
  LDAP_ATTRIBUTES,
  type LdapEntries,
  type SecretSettings,
  createLdapClientRecords,
  createLdapClientStore,
  createLdapConnection,
  isLdapFilter,
} from '@mandate/clients';
import { ConfigError, jsonObjectIn } from '@mandate/ports';
import { type Runtime, type Settings, choice, flag, list, path, secret, text, usedWith } from '@mandate/service-kit';
import { composeAuthorities, connectedPart } from './authorities.js';
import type { ComposedClientStore, RemoteStoreSettings } from './remote-store.js';

/** The variables of the `ldap` client store. */
export const ldapStoreConfig = usedWith(
  { CLIENT_CREDENTIALS_STORE: 'ldap' },
  {
    CLIENT_CREDENTIALS_LDAP_URLS: list()
      .refine((urls) => urls.every(isLdapUrl), {
        error: 'must be ldap://host:port or ldaps://host:port, separated by commas',
      })
      .default([])
      .describe('Directory servers, `ldap://` or `ldaps://`, tried in this order'),
    CLIENT_CREDENTIALS_LDAP_STARTTLS: flag()
      .default(false)
      .describe('Whether `ldap://` connections become TLS before anything else is sent'),
    CLIENT_CREDENTIALS_LDAP_CA_FILE: path()
      .optional()
      .describe("Certificates (PEM) that sign the directory's, instead of those of the system; reloaded"),
    CLIENT_CREDENTIALS_LDAP_BIND_DN: text().optional().describe('The account that looks for clients; unset: anonymous'),
    CLIENT_CREDENTIALS_LDAP_BIND_PASSWORD: secret().optional().describe('Its password'),
    CLIENT_CREDENTIALS_LDAP_BASE_DN: text().optional().describe('Where clients are: entries of its whole subtree'),
    CLIENT_CREDENTIALS_LDAP_FILTER: text()
      .default('(&(objectClass=oauthClient)(oauthClientId={id}))')
      .describe('Filter (RFC 4515) that finds the client with the id that stands for `{id}`'),
    CLIENT_CREDENTIALS_LDAP_ATTRIBUTES: text()
      .optional()
      .describe(
        'JSON object: members of a record and their attributes, where they are not those of docs/client-stores.md; `*`: one with a ' +
          'JSON object of further members; an empty name: none',
      ),
    CLIENT_CREDENTIALS_LDAP_SECRET_CHECK: choice(['stored', 'bind'])
      .default('stored')
      .describe('`stored`: secrets are read; `bind`: the directory checks them, by a bind as the entry'),
  },
);

export type LdapStoreSettings = Settings<typeof ldapStoreConfig, 'RELOAD_INTERVAL_SECONDS'> & RemoteStoreSettings;

/** Clients in a directory. @throws ConfigError naming what is missing or wrong */
export async function composeLdapClientStore(
  config: LdapStoreSettings,
  runtime: Runtime,
  settings: SecretSettings,
): Promise<ComposedClientStore> {
  const { entries, connection, ...part } = await connect(config, runtime);
  const timeLimitSeconds = Math.ceil(config.CLIENT_STORE_TIMEOUT_MS / 1000);
  return {
    ...part,
    store: createLdapClientStore({ ...entries, connection, settings, timeLimitSeconds }),
    bind: entries.secretCheck === 'bind' ? (name, secret) => connection.bindAs(name, secret) : undefined,
  };
}

/** Lists, writes and removes the records in a directory. @throws ConfigError naming what is missing or wrong */
export async function composeLdapClientRecords(config: LdapStoreSettings, runtime: Runtime): Promise<ClientRecords> {
  const { entries, connection, close } = await connect(config, runtime);
  return { ...createLdapClientRecords({ ...entries, connection }), close };
}

async function connect(config: LdapStoreSettings, runtime: Runtime) {
  const entries = await readEntries(config);
  const {
    CLIENT_CREDENTIALS_LDAP_URLS: urls,
    CLIENT_CREDENTIALS_LDAP_STARTTLS: startTls,
    CLIENT_CREDENTIALS_LDAP_BIND_DN: dn,
    CLIENT_CREDENTIALS_LDAP_BIND_PASSWORD: password,
    CLIENT_STORE_TIMEOUT_MS: timeoutMs,
  } = config;
  const isPlain = !startTls && urls.some((url) => url.startsWith('ldap:'));
  if (isPlain)
    runtime.logger.warn('passwords go to the directory without TLS', { variable: 'CLIENT_CREDENTIALS_LDAP_URLS' });
  const certificates = composeAuthorities(config, runtime, {
    variable: 'CLIENT_CREDENTIALS_LDAP_CA_FILE',
    file: config.CLIENT_CREDENTIALS_LDAP_CA_FILE,
    needs: isPlain ? 'ldaps:// in CLIENT_CREDENTIALS_LDAP_URLS, or CLIENT_CREDENTIALS_LDAP_STARTTLS' : undefined,
  });
  const account = dn === undefined || password === undefined ? undefined : { dn, password };
  const connection = await createLdapConnection({
    urls,
    startTls,
    account,
    timeoutMs,
    authorities: certificates.authorities,
  });
  return { entries, ...connectedPart(connection, certificates) };
}

async function readEntries(config: LdapStoreSettings): Promise<LdapEntries> {
  const { CLIENT_CREDENTIALS_LDAP_BASE_DN: baseDn, CLIENT_CREDENTIALS_LDAP_FILTER: filter } = config;
  const { CLIENT_CREDENTIALS_LDAP_BIND_DN: dn, CLIENT_CREDENTIALS_LDAP_BIND_PASSWORD: password } = config;
  const attributes = readAttributes(config.CLIENT_CREDENTIALS_LDAP_ATTRIBUTES);
  const reason = 'is needed for ldap in CLIENT_CREDENTIALS_STORE';
  const problems: [boolean, string, string][] = [
    [config.CLIENT_CREDENTIALS_LDAP_URLS.length === 0, 'URLS', reason],
    [baseDn === undefined, 'BASE_DN', reason],
    [
      (dn === undefined) !== (password === undefined),
      dn === undefined ? 'BIND_DN' : 'BIND_PASSWORD',
      'is missing beside the other',
    ],
    [!(await isLdapFilter(filter)), 'FILTER', 'must be a filter of RFC 4515 with {id} in the place of the id'],
    [
      attributes?.['clientId'] === undefined,
      'ATTRIBUTES',
      'must be a JSON object of member and attribute names, with clientId',
    ],
  ];
  const issues = problems.filter(([isWrong]) => isWrong);
  if (issues.length > 0 || baseDn === undefined || attributes === undefined) {
    throw new ConfigError(
      issues.map(([, name, message]) => ({ variable: `CLIENT_CREDENTIALS_LDAP_${name}`, message })),
    );
  }
  return { baseDn, filter, attributes, secretCheck: config.CLIENT_CREDENTIALS_LDAP_SECRET_CHECK };
}

/** The default names with those given; an empty one takes a member away. */
function readAttributes(text = '{}'): Readonly<Record<string, string>> | undefined {
  const names = jsonObjectIn(text);
  if (names === undefined) return undefined;
  const attributes: Record<string, string> = { ...LDAP_ATTRIBUTES };
  for (const [member, name] of Object.entries(names)) {
    if (typeof name !== 'string' || !/^[\w;.-]*$/.test(name)) return undefined;
    attributes[member] = name;
  }
  return Object.fromEntries(Object.entries(attributes).filter(([, name]) => name !== ''));
}

function isLdapUrl(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname, username, password, pathname } = new URL(url);
  const isBare = username === '' && password === '' && ['', '/'].includes(pathname);
  return ['ldap:', 'ldaps:'].includes(protocol) && hostname !== '' && isBare;
}
