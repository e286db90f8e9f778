import { DEVELOPMENT_DECISION_PATH } from '@mandate/authentication';
import { isJsonObject, type JsonObject, parseStrictJson } from '@mandate/ports';
import { drawLogLine } from '@mandate/service-kit';

/** What can be held back: audit events, and the people who are asked by a link. */
export type LineKind = 'audit events' | 'questions';

/** The log of a process at a terminal, drawn for a person. */
export interface TerminalLog {
  write(text: string): void;
  /** From now on these are not shown, and all else is; at first neither is. */
  holdBack(kinds: readonly LineKind[]): void;
}

export function createTerminalLog(
  output: { write(text: string): unknown },
  { colour }: { colour: boolean },
): TerminalLog {
  let hiddenKinds: readonly LineKind[] = ['audit events', 'questions'];
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
  const event = readEvent(line);
  if (isAuditEvent(event)) return 'audit events';
  const { url } = event;
  return typeof url === 'string' && url.includes(DEVELOPMENT_DECISION_PATH) ? 'questions' : undefined;
}

/** An audit event is a link of a chain and has no level, which every line of the log has. */
function isAuditEvent(event: JsonObject): boolean {
  return Object.hasOwn(event, 'hash') && !Object.hasOwn(event, 'level');
}

/** Empty for a line that is none. */
function readEvent(line: string): JsonObject {
  try {
    const event = parseStrictJson(line);
    return isJsonObject(event) ? event : {};
  } catch {
    return {};
  }
}
