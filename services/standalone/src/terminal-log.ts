import { isJsonObject, parseStrictJson } from '@mandate/ports';
import { drawLogLine } from '@mandate/service-kit';

/** The log of a process at a terminal, drawn for a person. */
export interface TerminalLog {
  write(text: string): void;
  /** Whether audit events are shown among the lines; at first they are not. */
  showAuditEvents(shown: boolean): void;
}

export function createTerminalLog(
  output: { write(text: string): unknown },
  { colour }: { colour: boolean },
): TerminalLog {
  let auditEventsShown = false;
  return {
    write(text) {
      for (const line of text.split('\n')) {
        if (line !== '' && (auditEventsShown || !isAuditEvent(line)))
          output.write(`${drawLogLine(line, { colour })}\n`);
      }
    },
    showAuditEvents(shown) {
      auditEventsShown = shown;
    },
  };
}

/** An audit event is a link of a chain and has no level, which every line of the log has. */
function isAuditEvent(line: string): boolean {
  try {
    const event = parseStrictJson(line);
    return isJsonObject(event) && Object.hasOwn(event, 'hash') && !Object.hasOwn(event, 'level');
  } catch {
    return false;
  }
}
