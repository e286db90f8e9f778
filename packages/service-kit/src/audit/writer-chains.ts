import type { AuditLine, AuditLink } from './audit-line.js';
import type { AuditFinding, Findings } from './findings.js';

type EventLine = Extract<AuditLine, { kind: 'event' }>;

/** A process that wrote, and its last event. */
export interface AuditWriter {
  writer: string;
  events: number;
  lastHash: string | null;
  closed: boolean;
}

/** Where the chain of one writer stands. */
interface Chain {
  seq: number;
  /** `undefined`: the line was altered, so its hash says nothing. */
  hash: string | null | undefined;
  line: number;
  events: number;
  closed: boolean;
  gaps: Gap[];
}

/** Numbers that were passed over; they may still turn up, out of order. */
interface Gap {
  from: number;
  to: number;
  found: Set<number>;
  finding: AuditFinding;
}

export interface WriterChains {
  add(line: number, event: EventLine): void;
  /** A line that is no JSON: a write that was cut short, if a later event says that one was lost. */
  addIncomplete(line: number): void;
  finish(lines: number): { events: number; writers: AuditWriter[] };
}

export interface WriterChainsOptions {
  findings: Findings;
  after: ReadonlySet<string>;
  lastHash: string | undefined;
}

const MAX_KEPT = 100;

/** Follows the chains of all writers of a log, line by line. */
export function createWriterChains(options: WriterChainsOptions): WriterChains {
  const { findings, lastHash } = options;
  const chains = new Map<string, Chain>();
  const incomplete: number[] = [];
  let events = 0;
  let lastHashLine: number | undefined;

  const reportIncomplete = (line: number) =>
    findings.problem(line, 'incomplete', 'is incomplete: cut, or damaged beyond reading');

  return {
    add(line, { link, event, intact }) {
      events++;
      const chain = chains.get(link.writer) ?? emptyChain();
      if (intact && link.hash === lastHash) lastHashLine = line;
      if (intact) incomplete.splice(0, link.lost);
      const isNext = intact ? checkPlace(options, chain, { line, link }) : follows(chain, link);
      if (!intact) findings.problem(line, 'altered', `is altered: its hash is not of its content (${nameOf(link)})`);
      if (!isNext) return;
      const hash = intact ? link.hash : undefined;
      chains.set(link.writer, {
        ...chain,
        seq: link.seq,
        hash,
        line,
        events: chain.events + 1,
        closed: event === 'closed',
      });
    },
    addIncomplete(line) {
      incomplete.push(line);
      if (incomplete.length > MAX_KEPT) reportIncomplete(incomplete.shift() ?? line);
    },
    finish(lines) {
      incomplete.forEach(reportIncomplete);
      reportEnds(options, [...chains.values()], { lines, lastHashLine });
      return { events, writers: [...chains].map(([writer, chain]) => summaryOf(writer, chain)) };
    },
  };
}

function emptyChain(): Chain {
  return { seq: 0, hash: null, line: 0, events: 0, closed: false, gaps: [] };
}

function follows(chain: Chain, { seq, lost }: AuditLink): boolean {
  return seq === chain.seq + lost + 1;
}

/** Whether an event comes after the others of its chain. Whatever is wrong with that is reported. */
function checkPlace(
  { findings, after }: WriterChainsOptions,
  chain: Chain,
  at: { line: number; link: AuditLink },
): boolean {
  const { lost, seq } = at.link;
  if (lost > 0)
    findings.warning(
      at.line,
      'lost',
      `says that ${lost} ${lost === 1 ? 'event' : 'events'} before it could not be written`,
    );
  const isLater = seq > chain.seq;
  if (isLater) checkLink({ findings, after }, chain, at);
  else reportOutOfOrder(findings, chain, at);
  return isLater;
}

/** An event that comes after the others of its chain: whether it is the next, tied to the one before. */
function checkLink(
  { findings, after }: Pick<WriterChainsOptions, 'findings' | 'after'>,
  chain: Chain,
  { line, link }: { line: number; link: AuditLink },
): void {
  const { seq, lost, prev } = link;
  if (chain.closed) {
    findings.problem(line, 'after_close', `comes after the closing event of its chain in line ${chain.line}`);
  }
  if (chain.seq === 0 && prev !== null && after.has(prev)) return;
  const [from, to] = [chain.seq + 1, seq - lost - 1];
  if (to >= from) {
    const text = `follows a gap: ${from === to ? `event ${from}` : `events ${from} to ${to}`} of its chain missing`;
    const finding = findings.problem(line, 'missing', `${text} (${nameOf(link)})`);
    if (chain.gaps.length < MAX_KEPT) chain.gaps.push({ from, to, found: new Set(), finding });
  } else if (!follows(chain, link) || (chain.hash !== undefined && chain.hash !== prev)) {
    const before = chain.line === 0 ? 'the beginning of its chain' : `line ${chain.line}`;
    findings.problem(line, 'unlinked', `does not continue ${before}: one of the two was replaced (${nameOf(link)})`);
  }
}

/** An event with a number that was passed already: moved here from a gap, or a copy. */
function reportOutOfOrder(findings: Findings, chain: Chain, { line, link }: { line: number; link: AuditLink }): void {
  const { seq } = link;
  const gap = chain.gaps.find(({ from, to, found }) => from <= seq && seq <= to && !found.has(seq));
  if (gap === undefined) {
    findings.problem(line, 'repeated', `repeats the number of an earlier event (${nameOf(link)})`);
    return;
  }
  gap.found.add(seq);
  if (gap.found.size === gap.to - gap.from + 1) findings.withdraw(gap.finding);
  findings.problem(line, 'reordered', `is out of order: it belongs before line ${gap.finding.line} (${nameOf(link)})`);
}

function reportEnds(
  { findings, lastHash }: WriterChainsOptions,
  ends: readonly Chain[],
  { lines, lastHashLine }: { lines: number; lastHashLine: number | undefined },
): void {
  for (const { closed, hash, line } of ends) {
    if (closed || (hash !== undefined && hash === lastHash)) continue;
    const text = 'ends a chain without a closing event: whether later lines were cut cannot be told';
    findings.warning(line, 'no_closing_event', text);
  }
  if (lastHash === undefined || ends.some(({ hash }) => hash === lastHash)) return;
  if (lastHashLine !== undefined) {
    findings.warning(lastHashLine, 'goes_on', 'has the known last hash, and the chain goes on after it');
  } else {
    findings.problem(lines, 'end_missing', 'is the last, and no event has the known last hash: the end was cut');
  }
}

function nameOf({ writer, seq }: AuditLink): string {
  return `event ${seq} of ${writer.slice(0, 8)}`;
}

function summaryOf(writer: string, { events, hash, closed }: Chain): AuditWriter {
  return { writer, events, lastHash: hash ?? null, closed };
}
