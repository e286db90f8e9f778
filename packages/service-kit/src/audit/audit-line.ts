import { hash } from 'node:crypto';
import { canonicalJson, type JsonObject, type JsonValue, jsonObjectIn } from '@mandate/ports';

/** What ties a line to the one before it. */
export interface AuditLink {
  /** Random, one per sink: tells the chains in one file apart, of several processes and of the two services in a standalone that write. */
  writer: string;
  /** From 1 for each writer, without a gap but for the events that were lost. */
  seq: number;
  /** How many events before this one could not be written. */
  lost: number;
  /** `hash` of the writer's line before, `null` in its first. */
  prev: string | null;
  /** sha256, hexadecimal, of the `canonicalJson` of the event without this member, which survives collectors that reorder. */
  hash: string;
}

const HASH = /^[0-9a-f]{64}$/;

/**
 * The line of an event, without its line feed, and the hash the next one refers to. `members`: the canonical text of
 * each, `"name":value`; the line is the text that was hashed, and the hash.
 */
export function renderAuditLine(
  { writer, seq, lost, prev }: Omit<AuditLink, 'hash'>,
  members: readonly string[],
): { line: string; hash: string } {
  const links = [`"prev":${prev === null ? 'null' : `"${prev}"`}`, `"seq":${seq}`, `"writer":"${writer}"`];
  if (lost > 0) links.push(`"lost":${lost}`);
  // A quotation mark sorts before any letter, so that texts stand in the order of their names.
  const content = [...members, ...links].sort((a, b) => (a < b ? -1 : 1)).join(',');
  const hash = digest(`{${content}}`);
  return { line: `{${content},"hash":"${hash}"}`, hash };
}

export type AuditLine =
  { kind: 'event'; link: AuditLink; event: string; intact: boolean } | { kind: 'other' } | { kind: 'not_json' };

/** Reads one line. `other`: JSON, but no audit event; `intact`: its hash is that of its content. */
export function parseAuditLine(line: string): AuditLine {
  const value = jsonObjectIn(line);
  if (value === undefined) return { kind: 'not_json' };
  const { hash, ...rest } = value;
  const link = readLink(value);
  if (link === undefined) return { kind: 'other' };
  const event = typeof value['event'] === 'string' ? value['event'] : '';
  return { kind: 'event', link, event, intact: digest(canonicalJson(rest)) === hash };
}

function readLink({ writer, seq, lost = 0, prev, hash }: JsonObject): AuditLink | undefined {
  const isCount = (value: JsonValue | undefined): value is number => Number.isSafeInteger(value);
  const isHash = (value: JsonValue | undefined): value is string => typeof value === 'string' && HASH.test(value);
  if (typeof writer !== 'string' || !isCount(seq) || !isCount(lost)) return undefined;
  if (seq < 1 || lost < 0 || !isHash(hash) || (prev !== null && !isHash(prev))) return undefined;
  return { writer, seq, lost, prev, hash };
}

function digest(text: string): string {
  return hash('sha256', text, 'hex');
}
