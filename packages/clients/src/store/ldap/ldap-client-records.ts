import { UpstreamError } from '@mandate/ports';
import type { Client, SearchOptions } from 'ldapts';
import type { ClientRecords, StoredRecord } from '../client-records.js';
import type { LdapConnection } from './ldap-connection.js';
import { EntryProblem, attributesOf, recordOf, valuesOf } from './ldap-entry.js';
import { type LdapEntries, filterFor, filterForAll, newEntry } from './ldap-settings.js';

const STORE = 'clients:ldap';
/** Of a new entry: something structural, and what `config/client-stores/oauth-client.ldif` adds to it. */
const OBJECT_CLASSES = ['applicationProcess', 'oauthClient'];

/** The records of a directory. A new entry is directly below the base, named by its id; others stay where they are. */
export function createLdapClientRecords(options: LdapEntries & { connection: LdapConnection }): ClientRecords {
  const { connection, baseDn, filter, attributes } = options;
  const idAttribute = attributes['clientId'] ?? '';
  const find = (client: Client, clientId: string) => findEntry(client, clientId, options);

  return {
    async *list() {
      const names = [...new Set(Object.values(attributes))];
      const search = {
        scope: 'sub',
        filter: filterForAll(filter),
        attributes: names,
        paged: true,
      } satisfies SearchOptions;
      const { searchEntries } = await connection.run((client) => client.search(baseDn, search));
      for (const entry of searchEntries) {
        const [clientId = ''] = valuesOf(entry, idAttribute);
        yield { clientId, record: withClientId(clientId, () => recordOf(entry, options)) };
      }
    },
    async put({ clientId, record }: StoredRecord) {
      const { Attribute, Change } = await import('ldapts');
      const values = withClientId(clientId, () => attributesOf(record, options));
      const place = newEntry(idAttribute, clientId, baseDn);
      const attributes = [...values].filter(([, texts]) => texts.length > 0);
      const entry = Object.fromEntries([['objectClass', OBJECT_CLASSES], ['cn', [place.cn]], ...attributes]);
      const changes = [...values]
        .filter(([type]) => type !== idAttribute)
        .map(([type, texts]) => new Attribute({ type, values: texts }))
        .map((modification) => new Change({ operation: 'replace', modification }));
      await connection.run(async (client) => {
        const name = await find(client, clientId);
        if (name === undefined) await client.add(place.name, entry);
        else await client.modify(name, changes);
      });
    },
    remove: (clientId) =>
      connection.run(async (client) => {
        const name = await find(client, clientId);
        if (name !== undefined) await client.del(name);
      }),
    close: () => connection.close(),
  };
}

/** The name of the entry with this id, wherever it is. */
async function findEntry(
  client: Client,
  clientId: string,
  { baseDn, filter, attributes }: LdapEntries,
): Promise<string | undefined> {
  const { clientId: attribute = '' } = attributes;
  const search = { scope: 'sub', filter: filterFor(filter, clientId), attributes: [attribute] } satisfies SearchOptions;
  const { searchEntries } = await client.search(baseDn, search);
  return searchEntries.find((entry) => valuesOf(entry, attribute).includes(clientId))?.dn;
}

function withClientId<Value>(clientId: string, make: () => Value): Value {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof EntryProblem)) throw error;
    throw new UpstreamError(STORE, 'malformed', `the record of ${JSON.stringify(clientId)}: ${error.message}`);
  }
}
