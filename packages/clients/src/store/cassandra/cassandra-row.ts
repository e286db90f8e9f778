import { type JsonObject, type JsonValue, parseStrictJson } from '@mandate/ports';
import { MEMBER_FORMS } from '../parse-clients.js';

/** A row whose text cannot be a record's; the message names the member and no value. */
export class RowProblem extends Error {}

/** The table of clients, both names quoted (CQL): neither is folded to lower case, nor a part of the query. */
export function tableName(keyspace: string, table: string): string {
  return `${quote(keyspace)}.${quote(table)}`;
}

/** The query for one client. */
export function selectClient(keyspace: string, table: string): string {
  return `SELECT * FROM ${tableName(keyspace, table)} WHERE "clientId" = ?`;
}

/** The record of a row. Columns that are no members are not there. @throws RowProblem */
export function recordOf(row: object): JsonObject {
  const record: JsonObject = {};
  for (const [column, value] of Object.entries(row) as [string, unknown][]) {
    const form = MEMBER_FORMS.get(column);
    if (form === undefined || value === null || value === undefined) continue;
    record[column] = form !== 'text' && typeof value === 'string' ? jsonOf(column, value) : plain(value);
  }
  return record;
}

/** The row of a record, for `INSERT ... JSON`: structured members are the text of their JSON, scopes a set. */
export function rowOf(record: JsonObject): JsonObject {
  const cells = Object.entries(record).map(([member, value]): [string, JsonValue] => {
    const isAsItIs = typeof value === 'string' || member === 'scopes' || value === null;
    return [quote(member), isAsItIs ? value : JSON.stringify(value)];
  });
  return Object.fromEntries(cells);
}

function jsonOf(member: string, text: string): JsonValue {
  try {
    return parseStrictJson(text);
  } catch {
    throw new RowProblem(`${member} is not JSON`);
  }
}

/** What the driver gives for numbers that are longer than those of JavaScript has a text, which is no number. */
function plain(value: unknown): JsonValue {
  return parseStrictJson(JSON.stringify(value));
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
