import { UpstreamError } from '@mandate/ports';
import type { SearchOptions } from 'ldapts';
import type { SecretSettings } from '../../secrets/secret-schemes.js';
import type { ClientStore } from '../client-store.js';
import type { Client } from '../client.js';
import { createRecordReader } from '../parse-clients.js';
import { brokenRecord, clientOf } from '../stored-record.js';
import type { LdapConnection } from './ldap-connection.js';
import { EntryProblem, type LdapEntry, recordOf, valuesOf } from './ldap-entry.js';
import { createSchemaCheck } from './schema-check.js';
import { type LdapEntries, entryName, filterFor } from './ldap-settings.js';

export interface LdapClientStoreOptions extends LdapEntries {
  connection: LdapConnection;
  settings: SecretSettings;
  /** What a search may take at the directory, seconds. */
  timeLimitSeconds: number;
}

const STORE = 'clients:ldap';
/** How many entries may have ids that are equal to the directory, which ignores case and blanks. */
const MAX_ENTRIES = 10;

/** Clients in a directory of LDAP v3 (RFC 4511). Referrals are not followed. */
export function createLdapClientStore(options: LdapClientStoreOptions): ClientStore {
  const { connection, baseDn, filter, attributes, settings, timeLimitSeconds, secretCheck } = options;
  const parse = createRecordReader(
    secretCheck === 'bind' ? { ...settings, bind: (name, secret) => connection.bindAs(name, secret) } : settings,
  );
  const idAttribute = attributes['clientId'] ?? '';
  const needs = Object.entries(attributes).filter(([member]) => secretCheck === 'stored' || member !== 'clientSecret');
  const names = [...new Set(needs.map(([, name]) => name))];
  const schema = createSchemaCheck({ connection, baseDn, filter });
  const nobody = entryName(idAttribute, 'nobody', baseDn);

  return {
    async findClient(clientId) {
      const search = {
        scope: 'sub',
        sizeLimit: MAX_ENTRIES,
        timeLimit: timeLimitSeconds,
        attributes: names,
      } satisfies SearchOptions;
      const { searchEntries } = await connection.run((client) =>
        client.search(baseDn, { ...search, filter: filterFor(filter, clientId) }),
      );
      const [entry, ...others] = searchEntries.filter((one) => valuesOf(one, idAttribute).includes(clientId));
      if (others.length > 0) throw brokenRecord(STORE, clientId, 'is there several times');
      if (entry !== undefined) return clientOf(toRecord(entry, clientId, options), { store: STORE, clientId, parse });
      // The directory gives no more than that, and the one may be among those that are not given.
      if (searchEntries.length >= MAX_ENTRIES) throw brokenRecord(STORE, clientId, 'cannot be told from those like it');
      await schema.check();
      return undefined;
    },
    async check() {
      const base = {
        scope: 'base',
        attributes: ['1.1'],
        filter: '(objectClass=*)',
        timeLimit: timeLimitSeconds,
      } satisfies SearchOptions;
      const { searchEntries } = await connection.run((client) => client.search(baseDn, base));
      if (searchEntries.length === 0) throw new UpstreamError(STORE, 'refused', 'no such base, or it may not be seen');
      await schema.check();
    },
    // Never a real entry: wrong secrets would lock it.
    ...(secretCheck === 'bind' && {
      decoyFor: (clientId, credential) => (credential === 'secret' ? boundTo(nobody, clientId) : undefined),
    }),
    close: () => connection.close(),
  };
}

function boundTo(entryName: string, clientId: string): Client {
  return { clientId, secrets: [{ value: `{bind}${entryName}` }], scopes: [], attributes: {} };
}

function toRecord(entry: LdapEntry, clientId: string, options: LdapClientStoreOptions) {
  try {
    return { ...recordOf(entry, options), clientId };
  } catch (error) {
    throw error instanceof EntryProblem ? brokenRecord(STORE, clientId, error.message) : error;
  }
}
