import { hash } from 'node:crypto';

/** How a directory keeps clients. */
export interface LdapEntries {
  /** Where they are: entries of the whole subtree. */
  baseDn: string;
  /** Finds the entry of an id in place of `{id}` (RFC 4515). */
  filter: string;
  /**
   * The attribute of each member of a record. `*` names one with a JSON object of further members; what is no member of a
   * record becomes one of `attributes`.
   */
  attributes: Readonly<Record<string, string>>;
  /** `bind`: a secret is checked by binding as the entry, and none is read. */
  secretCheck: 'stored' | 'bind';
}

/** The attributes of the schema in `config/client-stores/oauth-client.ldif`. */
export const LDAP_ATTRIBUTES: Readonly<Record<string, string>> = {
  clientId: 'oauthClientId',
  clientSecret: 'oauthClientSecret',
  scopes: 'oauthScope',
  grantTypes: 'oauthGrantType',
  tokenEndpointAuthMethod: 'oauthTokenEndpointAuthMethod',
  tokenExpirationSeconds: 'oauthAccessTokenTTL',
  enabled: 'oauthClientEnabled',
  '*': 'oauthClientMetadata',
};

/** The filter for one id: nothing of it is a part of the filter's language (RFC 4515 section 3). */
export function filterFor(filter: string, clientId: string): string {
  const value = clientId.replace(/[\\*()\0]/g, (letter) => `\\${letter.charCodeAt(0).toString(16).padStart(2, '0')}`);
  return filter.replaceAll('{id}', () => value);
}

/** Whether the text is a filter with a place for the id, by the driver that will send it. */
export async function isLdapFilter(filter: string): Promise<boolean> {
  const { FilterParser } = await import('ldapts');
  try {
    FilterParser.parseString(filterFor(filter, 'id'));
    return filter.includes('{id}');
  } catch {
    return false;
  }
}

/** The filter for every client. */
export function filterForAll(filter: string): string {
  return filter.replaceAll('{id}', () => '*');
}

/** The name of a new entry (RFC 4514 section 2.4): every byte that may mean something is written as its number. */
export function entryName(attribute: string, clientId: string, baseDn: string): string {
  const bytes = [...Buffer.from(clientId, 'utf8')];
  const letters = bytes.map((byte) => {
    const letter = String.fromCharCode(byte);
    return /[\w-]/.test(letter) ? letter : `\\${byte.toString(16).padStart(2, '0')}`;
  });
  return `${attribute}=${letters.join('')},${baseDn}`;
}

/** Bytes of an id that names its entry; directories limit the length of names. */
const MAX_NAME_BYTES = 128;

/** The name of the entry for a new client, and its `cn`: the id, or a digest of one that is too long for a name. */
export function newEntry(attribute: string, clientId: string, baseDn: string): { name: string; cn: string } {
  if (Buffer.byteLength(clientId) <= MAX_NAME_BYTES)
    return { name: entryName(attribute, clientId, baseDn), cn: clientId };
  const cn = hash('sha256', clientId, 'hex');
  return { name: entryName('cn', cn, baseDn), cn };
}
