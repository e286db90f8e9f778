import { DEVELOPMENT_DECISION_PATH } from '@mandate/authentication';
import { type JsonObject, jsonObjectIn } from '@mandate/ports';
import { drawLogLine } from '@mandate/service-kit';

/**
 * What can be held back: audit events, the people who are asked by a link, requests that are refused, and whatever else is
 * no warning.
 */
export type LineKind = 'audit events' | 'questions' | 'refusals' | 'routine';

const ALL_KINDS: readonly LineKind[] = ['audit events', 'questions', 'refusals', 'routine'];
/** What a client that waits for a person is told until the person answers. */
const WAITING: readonly unknown[] = ['authorization_pending', 'slow_down'];

/** The log of a process at a terminal, drawn for a person. */
export interface TerminalLog {
  write(text: string): void;
  /** Hides these kinds from now on and shows the rest; until the first call all kinds are hidden. */
  holdBack(kinds: readonly LineKind[]): void;
}

export function createTerminalLog(
  output: { write(text: string): unknown },
  { colour }: { colour: boolean },
): TerminalLog {
  let hiddenKinds = ALL_KINDS;
  return {
    write(text) {
      for (const line of text.split('\n')) {
        const kind = kindOf(line);
        const isShown = line !== '' && (kind === undefined || !hiddenKinds.includes(kind));
        if (isShown) output.write(`${drawLogLine(line, { colour })}\n`);
      }
    },
    holdBack(kinds) {
      hiddenKinds = kinds;
    },
  };
}

function kindOf(line: string): LineKind | undefined {
  const event = jsonObjectIn(line) ?? {};
  if (isAuditEvent(event)) return 'audit events';
  const { level, msg, error, url } = event;
  if (typeof url === 'string' && url.includes(DEVELOPMENT_DECISION_PATH)) return 'questions';
  if (level !== 'info') return undefined;
  return msg === 'refused' && !WAITING.includes(error) ? 'refusals' : 'routine';
}

/** An audit event is a link of a chain and has no level, which every line of the log has. */
function isAuditEvent(event: JsonObject): boolean {
  return Object.hasOwn(event, 'hash') && !Object.hasOwn(event, 'level');
}
