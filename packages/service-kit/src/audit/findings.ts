/** What can be wrong with a line of an audit log, or not be known of it. */
export type AuditFindingKind =
  | 'altered'
  | 'missing'
  | 'reordered'
  | 'repeated'
  | 'incomplete'
  | 'foreign'
  | 'unlinked'
  | 'after_close'
  | 'end_missing'
  | 'lost'
  | 'no_closing_event'
  | 'goes_on';

export interface AuditFinding {
  /** From 1. */
  line: number;
  kind: AuditFindingKind;
  /** Goes on after "line 7 ". */
  text: string;
}

/** The findings of one verification. Only so many are kept; whether something is wrong is known all the same. */
export interface Findings {
  problem(line: number, kind: AuditFindingKind, text: string): AuditFinding;
  warning(line: number, kind: AuditFindingKind, text: string): void;
  /** A problem turned out to be another one, which is reported by itself. */
  withdraw(problem: AuditFinding): void;
  broken(): boolean;
  list(): { problems: AuditFinding[]; warnings: AuditFinding[] };
}

const MAX_FINDINGS = 100;

export function createFindings(): Findings {
  const problems = new Set<AuditFinding>();
  const warnings: AuditFinding[] = [];
  let more = false;
  return {
    problem(line, kind, text) {
      const finding = { line, kind, text };
      if (problems.size < MAX_FINDINGS) problems.add(finding);
      else more = true;
      return finding;
    },
    warning(line, kind, text) {
      if (warnings.length < MAX_FINDINGS) warnings.push({ line, kind, text });
    },
    withdraw: (problem) => void problems.delete(problem),
    broken: () => more || problems.size > 0,
    list: () => ({ problems: [...problems].sort(byLine), warnings: [...warnings].sort(byLine) }),
  };
}

function byLine(a: AuditFinding, b: AuditFinding): number {
  return a.line - b.line;
}
