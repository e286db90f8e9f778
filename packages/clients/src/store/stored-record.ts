import { type JsonObject, UpstreamError, isJsonObject, parseStrictJson } from '@mandate/ports';
import type { Client } from './client.js';
import type { ReadRecord } from './parse-clients.js';

export interface StoredRecordOptions {
  /** The store, as errors name it. */
  store: string;
  /** The id that was asked for: a store may compare more loosely than ids do (case, blanks, accents). */
  clientId: string;
  parse: (record: JsonObject) => ReadRecord;
}

/**
 * The client of a record, where it is the one that was asked for. @throws UpstreamError `malformed` naming store, id and
 * member for a record that cannot be used, never its values
 */
export function clientOf(record: JsonObject, { store, clientId, parse }: StoredRecordOptions): Client | undefined {
  if (record['clientId'] !== clientId) return undefined;
  const result = parse(record);
  if (result.ok) return result.client;
  throw brokenRecord(store, clientId, result.problem);
}

/** What is said of a record that cannot be used. */
export function brokenRecord(store: string, clientId: string, problem: string): UpstreamError {
  return new UpstreamError(store, 'malformed', `the record of ${JSON.stringify(clientId)}: ${problem}`);
}

/** The JSON object of a text. @throws UpstreamError as {@link clientOf} does */
export function parseStoredJson(text: string, { store, clientId }: { store: string; clientId: string }): JsonObject {
  let value: unknown;
  try {
    value = parseStrictJson(text);
  } catch {
    throw brokenRecord(store, clientId, 'is not JSON');
  }
  if (!isJsonObject(value)) throw brokenRecord(store, clientId, 'is no JSON object');
  return value;
}
