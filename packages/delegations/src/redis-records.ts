import { JsonSyntaxError, type JsonValue, UpstreamError, parseStrictJson } from '@mandate/ports';
import { OAuthError } from '@mandate/oauth';
import type { z } from 'zod';
import { digestOf } from './opaque-identifier.js';

/** A record that is longer was not written here, and stays in Redis (docs/security.md S4). */
export const MAX_RECORD_BYTES = 65_536;

/** A digest: keys of equal length without a name in them, which logs and `MONITOR` may show. */
export function keyPart(name: string): string {
  return digestOf(name);
}

/** How long a key is kept, as Redis takes it: whole milliseconds, up, and one at least. Times are epoch seconds. */
export function lifetime(now: number, expiresAt: number): string {
  return Math.max(1, Math.ceil((expiresAt - now) * 1000)).toFixed(0);
}

/**
 * What is kept of a record. One that could not be read again would be there for good, with nobody to see or end it.
 * @throws OAuthError `invalid_request` for one that is too large: as long as a form may be, with what JSON escapes.
 */
export function recordText(record: object): string {
  const text = JSON.stringify(record);
  if (Buffer.byteLength(text) <= MAX_RECORD_BYTES) return text;
  throw new OAuthError('invalid_request', 'The request is too large');
}

/**
 * Reads what was kept as JSON. Members that the schema does not know are a later version's, which other replicas may be
 * of while they are updated one by one: no failure. @throws UpstreamError for what was not written here: it is no
 * record, and no absence.
 */
export function readRecord<T>(schema: z.ZodType<T>, text: unknown): T {
  const result = schema.safeParse(typeof text === 'string' ? parseJson(text) : undefined);
  if (result.success) return result.data;
  throw unreadable();
}

function parseJson(text: string): JsonValue | undefined {
  try {
    return parseStrictJson(text);
  } catch (error) {
    if (error instanceof JsonSyntaxError) return undefined;
    throw error;
  }
}

/** The error for an answer of Redis that no script of ours gives, or a record that no service of ours wrote. */
export function unreadable(): UpstreamError {
  return new UpstreamError('redis', 'malformed', 'a record that was not written here');
}
