import { describe, expect, it } from '@jest/globals';
import { createStdoutAuditSink } from '@mandate/service-kit';
import { auditEvent, fixedClock } from '@mandate/testing';
import { createTerminalLog, type LineKind } from '../src/terminal-log.js';

const WARNING = '{"level":"warn","time":"2027-01-15T08:00:00.000Z","msg":"state is kept","hash":"a"}\n';

const QUESTION =
  '{"level":"warn","time":"2027-01-15T08:00:00.000Z","msg":"asked","url":"http://127.0.0.1/development/bc-decision?request=a"}\n';

const REFUSAL = '{"level":"info","time":"2027-01-15T08:00:00.000Z","error":"invalid_scope","msg":"refused"}\n';
const ROUTINE = [
  '{"level":"info","time":"2027-01-15T08:00:00.000Z","error":"invalid_scope","msg":"request"}\n',
  '{"level":"info","time":"2027-01-15T08:00:00.000Z","error":"authorization_pending","msg":"refused"}\n',
];

/** What a person sees of a warning, of a question, a refusal, other lines and an audit event, as its sink writes it. */
async function shownLines(hiddenKinds?: readonly LineKind[]): Promise<string[]> {
  const lines: string[] = [];
  const log = createTerminalLog({ write: (text) => lines.push(text) }, { colour: false });
  if (hiddenKinds !== undefined) log.holdBack(hiddenKinds);
  log.write(WARNING);
  log.write(QUESTION);
  log.write(REFUSAL);
  ROUTINE.forEach((line) => log.write(line));
  const sink = createStdoutAuditSink({ destination: log, clock: fixedClock() });
  await sink.record(auditEvent);
  await sink.close?.();
  log.write('no JSON\n');
  return lines.map((line) => (/^.*?(?:warn|refused|JSON)/.exec(line) ?? [line])[0]);
}

describe('the log at a terminal', () => {
  it('holds back what is no warning until it is asked for', async () => {
    expect(await shownLines()).toEqual(['08:00:00 warn', 'no JSON']);
    expect(await shownLines(['audit events', 'routine'])).toEqual([
      '08:00:00 warn',
      '08:00:00 warn',
      '08:00:00 info  refused',
      'no JSON',
    ]);
    expect(await shownLines(['questions'])).toHaveLength(7);
    expect(await shownLines([])).toHaveLength(8);
  });
});
