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

/** How a line of the audit log begins; one of the log begins with its level. */
function isAuditEvent(line: string): boolean {
  return line.startsWith('{"writer":');
}
