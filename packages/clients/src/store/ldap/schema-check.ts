import { UpstreamError } from '@mandate/ports';
import type { SearchOptions } from 'ldapts';
import type { LdapConnection } from './ldap-connection.js';
import { type LdapEntry, valuesOf } from './ldap-entry.js';

export interface SchemaCheckOptions {
  connection: LdapConnection;
  baseDn: string;
  filter: string;
}

/**
 * Rejects while the directory does not have the attributes that clients are found by: it would not say so, but find
 * nobody (RFC 4511 section 4.5.1.7). Where its schema may not be read (RFC 4512 section 4.2) there is nothing to say.
 */
export function createSchemaCheck({ connection, baseDn, filter }: SchemaCheckOptions): { check(): Promise<void> } {
  const used = [...filter.matchAll(/\(([A-Za-z][\w-]*)[~<>]?=/g)].map(([, name = '']) => name.toLowerCase());
  let isPassed = false;

  async function attributeNames(): Promise<Set<string> | undefined> {
    const one = async (dn: string, attribute: string, filter: string): Promise<LdapEntry | undefined> => {
      const search = { scope: 'base', filter, attributes: [attribute] } satisfies SearchOptions;
      return (await connection.run((client) => client.search(dn, search))).searchEntries[0];
    };
    const base = await one(baseDn, 'subschemaSubentry', '(objectClass=*)');
    const [name] = base === undefined ? [] : valuesOf(base, 'subschemaSubentry');
    const schema = name === undefined ? undefined : await one(name, 'attributeTypes', '(objectClass=subschema)');
    const types = schema === undefined ? [] : valuesOf(schema, 'attributeTypes');
    return types.length === 0 ? undefined : new Set(types.flatMap(namesOf));
  }
  return {
    async check() {
      if (isPassed) return;
      const attributes = await attributeNames();
      const lack = attributes && used.find((name) => !attributes.has(name));
      if (lack !== undefined)
        throw new UpstreamError('clients:ldap', 'refused', `the directory has no attribute ${lack}`);
      isPassed = true;
    },
  };
}

/** `( 2.5.4.3 NAME ( 'cn' 'commonName' ) ... )` has these. */
function namesOf(type: string): string[] {
  const [, one, several = ''] = /\bNAME\s+(?:'([^']*)'|\(([^)]*)\))/.exec(type) ?? [];
  const names = one === undefined ? [...several.matchAll(/'([^']+)'/g)].map(([, name = '']) => name) : [one];
  return names.map((name) => name.toLowerCase());
}
