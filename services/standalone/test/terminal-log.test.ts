import { describe, expect, it } from '@jest/globals';
import { createStdoutAuditSink } from '@mandate/service-kit';
import { auditEvent, fixedClock } from '@mandate/testing';
import { createTerminalLog } from '../src/terminal-log.js';

const WARNING = '{"level":"warn","time":"2027-01-15T08:00:00.000Z","msg":"state is kept","hash":"a"}\n';

/** What a person sees of a warning and of an audit event, as its sink writes it. */
async function shown(auditEventsShown: boolean): Promise<string[]> {
  const written: string[] = [];
  const log = createTerminalLog({ write: (text) => written.push(text) }, { colour: false });
  log.showAuditEvents(auditEventsShown);
  log.write(WARNING);
  const sink = createStdoutAuditSink({ destination: log, clock: fixedClock() });
  await sink.record(auditEvent);
  await sink.close?.();
  log.write('no JSON\n');
  return written.map((line) => line.split(' ').slice(0, 3).join(' ').trim());
}

describe('the log at a terminal', () => {
  it('holds audit events back until they are asked for, and nothing else', async () => {
    expect(await shown(false)).toEqual(['08:00:00 warn', 'no JSON']);
    expect(await shown(true)).toHaveLength(4);
  });
});
