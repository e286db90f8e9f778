import { hash } from 'node:crypto';
import { canonicalJson, type JsonObject, type JsonValue, isJsonObject } from '@mandate/ports';
import { scrub, scrubTokens } from '../observe/scrub.js';
import type { AuditEvent } from './audit-sink.js';

type ReadMember = (value: unknown) => JsonValue | undefined;

const MAX_TEXT_LENGTH = 512;

/** Every member an audit event may have, and what of it is kept. A new one is a decision. */
const MEMBERS: Readonly<Record<Exclude<keyof AuditEvent, 'time'>, ReadMember>> = {
  event: text,
  transactionId: name,
  traceId: name,
  origin: text,
  client: name,
  clientIssuer: name,
  subject: identity,
  actor: identity,
  chain: list(identity),
  targets: list(text),
  targetsFrom: text,
  scopes: list(text),
  grantedScopes: list(text),
  backend: text,
  rule: text,
  decisionId: text,
  decisionLabels: labels,
  verdict: text,
  reason: text,
  cause: text,
  shadowBackend: text,
  shadowVerdict: text,
  differences: list(text),
  differingClaims: list(text),
  jti: name,
  anc: list(name),
  delegation: name,
  latencyMs: (value) => (typeof value === 'number' && Number.isFinite(value) ? value : undefined),
};

/**
 * Makes what renders an event as JSON that cannot carry a token: the canonical text of each member, `"name":value`,
 * known members only (docs/security.md S5, as in the log).
 */
export function createEventRenderer(): (event: AuditEvent) => string[] {
  const last = { time: NaN, text: '' };
  return (event) => {
    const members: string[] = [];
    for (const { member, read } of READERS) {
      const value = event[member];
      const kept = value === undefined ? undefined : read(value);
      if (kept !== undefined) members.push(`"${member}":${textOf(member, kept)}`);
    }
    // Events of one second have the same.
    if (event.time !== last.time) {
      last.text = `"time":"${new Date(event.time * 1000).toISOString()}"`;
      last.time = event.time;
    }
    members.push(last.text);
    return members;
  };
}

/** Only labels come in an order of their own; everything else is in that of canonical text as it is made. */
function textOf(member: keyof AuditEvent, kept: JsonValue): string {
  return member === 'decisionLabels' ? canonicalJson(kept) : JSON.stringify(kept);
}

/** In the order of canonical text, so that little is left to sort. */
const READERS = (Object.keys(MEMBERS) as (keyof typeof MEMBERS)[])
  .sort()
  .map((member) => ({ member, read: MEMBERS[member] }));

/** Text that somebody outside could choose: nothing in it may look like a token, a key or a secret. */
function text(value: unknown): string | undefined {
  return typeof value === 'string' ? told(scrub(value), value) : undefined;
}

/** An identifier. Those are long and random at times and worthless when redacted, so only tokens are taken out. */
function name(value: unknown): string | undefined {
  return typeof value === 'string' ? told(scrubTokens(value), value) : undefined;
}

/** Its members in the order of canonical text. */
function identity(value: unknown): JsonObject | undefined {
  if (!isJsonObject(value)) return undefined;
  const [iss, sub] = [name(value['iss']), name(value['sub'])];
  const kept: JsonObject = {};
  if (iss !== undefined) kept['iss'] = iss;
  if (sub !== undefined) kept['sub'] = sub;
  return kept;
}

/** Names and values that an operator gave, in whatever order. */
function labels(value: unknown): JsonObject | undefined {
  if (!isJsonObject(value)) return undefined;
  return Object.fromEntries(
    Object.entries(value).map(([label, given]): [string, JsonValue] => [label, text(given) ?? null]),
  );
}

function list(read: ReadMember): ReadMember {
  return (value) => (Array.isArray(value) ? value.map((item) => read(item) ?? null) : undefined);
}

/**
 * What is kept of a value, cut where it is long. A digest stands for what is not there: whoever has a name that looks like
 * a token is told apart from others all the same, and is found by who knows it.
 */
function told(kept: string, value: string): string {
  if (kept === value && value.length <= MAX_TEXT_LENGTH) return value;
  const digest = hash('sha256', value, 'hex').slice(0, 32);
  return `${kept.slice(0, MAX_TEXT_LENGTH)}... sha256 ${digest}`;
}
