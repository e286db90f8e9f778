import { type JsonObject, type JsonValue, isJsonObject, parseStrictJson } from '@mandate/ports';
import { isSecretMethod } from '../../authentication/required-credentials.js';
import { MEMBER_FORMS } from '../parse-clients.js';
import { type LdapEntries } from './ldap-settings.js';

/** An entry as the driver gives it: its attributes are texts, or bytes. */
export type LdapEntry = Readonly<Record<string, unknown>> & { dn: string };

/** A value of an entry that cannot be a record's; the message names the member and no value. */
export class EntryProblem extends Error {}

/** How the directory writes truth (RFC 4517 section 3.3.3). */
const TRUTH: Readonly<Record<string, boolean>> = { TRUE: true, FALSE: false };
const OWN_SCHEME = /^\{(?:hmac-sha256|scrypt|argon2id)\}/;
const ANY_SCHEME = /^\{[^{}]+\}/;

/** The record that an entry is. @throws EntryProblem */
export function recordOf(entry: LdapEntry, { attributes: names, secretCheck }: LdapEntries): JsonObject {
  const record: JsonObject = {};
  const attributes: JsonObject = {};
  for (const [member, name] of Object.entries(names)) {
    const values = valuesOf(entry, name);
    if (values.length === 0) continue;
    if (member === '*') addFurther(record, values);
    else if (member === 'clientSecret') addSecrets(record, secretCheck === 'bind' ? [] : values);
    else if (MEMBER_FORMS.has(member)) record[member] = memberOf(member, values);
    else attributes[member] = values.length === 1 ? (values[0] ?? '') : values;
  }
  if (Object.keys(attributes).length > 0) record['attributes'] = { ...objectIn(record['attributes']), ...attributes };
  return secretCheck === 'bind' && maySendSecret(record) ? { ...record, clientSecret: `{bind}${entry.dn}` } : record;
}

/** The attributes of a record, those without a value as empty lists. @throws EntryProblem */
export function attributesOf(record: JsonObject, entries: LdapEntries): Map<string, string[]> {
  const { '*': rest, ...names } = entries.attributes;
  if (entries.secretCheck === 'bind' && (record['clientSecret'] ?? record['clientSecrets']) !== undefined) {
    throw new EntryProblem('clientSecret is for the directory to set, with CLIENT_CREDENTIALS_LDAP_SECRET_CHECK=bind');
  }
  const own = objectIn(record['attributes']);
  const attributes = Object.entries(names).map(([member, name]): [string, string[]] => {
    return [name, textsOf((MEMBER_FORMS.has(member) ? record : own)[member])];
  });
  const ownLeft = without(own, names);
  const isWritten = isJsonObject(record['attributes']) && Object.keys(ownLeft).length === 0;
  const remainder = without(record, isWritten ? { ...names, attributes: '' } : names);
  const further = Object.keys(ownLeft).length === 0 ? remainder : { ...remainder, attributes: ownLeft };
  return new Map([...attributes, ...furtherAttribute(rest, further)]);
}

/** The values of an attribute, whose name has no case (RFC 4512 section 2.5). */
export function valuesOf(entry: LdapEntry, name: string): string[] {
  const key = Object.keys(entry).find((one) => one.toLowerCase() === name.toLowerCase());
  const values: unknown[] = key === undefined ? [] : [entry[key]].flat();
  return values.map((value) => (Buffer.isBuffer(value) ? value.toString('utf8') : String(value)));
}

function without(members: JsonObject, names: Readonly<Record<string, string>>): JsonObject {
  return Object.fromEntries(Object.entries(members).filter(([member]) => !Object.hasOwn(names, member)));
}

function furtherAttribute(name: string | undefined, further: JsonObject): [string, string[]][] {
  const members = Object.keys(further);
  if (name !== undefined) return [[name, members.length === 0 ? [] : [JSON.stringify(further)]]];
  if (members.length > 0) throw new EntryProblem(`${members.join(', ')} has no attribute`);
  return [];
}

function memberOf(member: string, values: string[]): JsonValue {
  const form = MEMBER_FORMS.get(member);
  if (form === 'texts') return values;
  const [value = '', ...others] = values;
  if (others.length > 0) throw new EntryProblem(`${member} has several values`);
  return form === 'text' ? value : (TRUTH[value] ?? jsonOf(member, value));
}

function jsonOf(member: string, value: string): JsonValue {
  try {
    return parseStrictJson(value);
  } catch {
    throw new EntryProblem(`${member} is not JSON`);
  }
}

function addFurther(record: JsonObject, values: string[]): void {
  const further = memberOf('*', values);
  if (!isJsonObject(further)) throw new EntryProblem('* is no JSON object');
  for (const [member, value] of Object.entries(further)) record[member] ??= value;
}

/** Several are several live secrets. What the directory hashed itself would be taken for plain text, and be a password. */
function addSecrets(record: JsonObject, values: string[]): void {
  const foreign = values.some((value) => ANY_SCHEME.test(value) && !OWN_SCHEME.test(value));
  if (foreign)
    throw new EntryProblem('clientSecret is hashed by the directory: CLIENT_CREDENTIALS_LDAP_SECRET_CHECK=bind');
  const [first, ...others] = values;
  if (first !== undefined) record['clientSecret'] = first;
  if (others.length > 0) record['clientSecrets'] = others;
}

function maySendSecret({ tokenEndpointAuthMethod: method }: JsonObject): boolean {
  return method === undefined || isSecretMethod(method);
}

function objectIn(value: JsonValue | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

function textsOf(value: JsonValue | undefined): string[] {
  if (value === undefined || value === null) return [];
  if (typeof value === 'boolean') return [value ? 'TRUE' : 'FALSE'];
  if (typeof value === 'string') return [value];
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value;
  return [JSON.stringify(value)];
}
