import { type AuditWriter, createWriterChains } from './writer-chains.js';
import { parseAuditLine } from './audit-line.js';
import { type AuditFinding, createFindings } from './findings.js';

export interface AuditLogOptions {
  /** Known hash of the last event: only with it, or with a closing event, a cut end can be noticed. */
  lastHash?: string | undefined;
  /** Known hashes that the first events given may continue from, where the files before them are not given. */
  after?: readonly string[] | undefined;
  /** Other lines stand between the events, as in a capture of standard output: they are counted and passed over. */
  mixed?: boolean | undefined;
}

export interface AuditVerdict {
  /** Nothing is wrong. Warnings say what cannot be known. */
  ok: boolean;
  lines: number;
  events: number;
  /** Lines that are no events, with `mixed`. */
  otherLines: number;
  writers: AuditWriter[];
  /** In the order of lines; at most 100 of each. */
  problems: AuditFinding[];
  warnings: AuditFinding[];
}

/**
 * Says whether an audit log is whole, and where it is not: lines removed, altered, reordered, repeated or cut. Lines
 * are numbered from 1, those of several files in rotation order go on counting. The hashes have no key: whoever can
 * rewrite the whole rest of the log can make it whole again, unless its last hash is kept elsewhere.
 */
export async function verifyAuditLog(
  lines: Iterable<string> | AsyncIterable<string>,
  { lastHash, after = [], mixed = false }: AuditLogOptions = {},
): Promise<AuditVerdict> {
  const findings = createFindings();
  const chains = createWriterChains({ findings, after: new Set(after), lastHash });
  let number = 0;
  let otherLines = 0;
  for await (const line of lines) {
    number++;
    const read = parseAuditLine(line);
    if (read.kind === 'event') chains.add(number, read);
    else if (mixed) otherLines++;
    else if (read.kind === 'not_json') chains.addIncomplete(number);
    else findings.problem(number, 'foreign', 'is no audit event');
  }
  const { events, writers } = chains.finish(number);
  return { ok: !findings.broken(), lines: number, events, otherLines, writers, ...findings.list() };
}
