/**
 * npm run audit:verify -- FILE...
 *
 * Says whether an audit log is whole, and where it is not: exit 1 with file and line of each removed, altered, reordered,
 * repeated or cut line, exit 0 when there is none. Several files are read in the order given: the oldest first; `-` is
 * standard input.
 *
 *   --last HASH    the known hash of the last event: only with it, or a closing event, a cut end can be noticed
 *   --after HASH   a known hash that the first line goes on from, where older files are gone (may be repeated)
 *   --mixed        other lines stand between the events, as in a capture of standard output
 */
import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { parseArgs } from 'node:util';
import { type AuditFinding, type AuditVerdict, verifyAuditLog } from '@mandate/service-kit';

/** More than an event can have. A longer line is cut, and found to be no event. */
const MAX_LINE_BYTES = 1_048_576;

const USAGE = 'npm run audit:verify -- [--last HASH] [--after HASH]... [--mixed] FILE...';

/** The lines of a stream as text, whatever bytes are in it: what is not UTF-8 becomes text that no event has. */
async function* linesOf(stream: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let chunks: Buffer[] = [];
  let length = 0;
  const keep = (part: Buffer): void => {
    if (length < MAX_LINE_BYTES) chunks.push(part.subarray(0, MAX_LINE_BYTES - length));
    length += part.length;
  };
  const take = (): string => {
    const line = Buffer.concat(chunks);
    [chunks, length] = [[], 0];
    return line.toString(isUtf8(line) ? 'utf8' : 'latin1');
  };
  for await (const chunk of stream) {
    let start = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      keep(chunk.subarray(start, end));
      yield take();
      start = end + 1;
    }
    keep(chunk.subarray(start));
  }
  if (length > 0) yield take();
}

/** For who verifies what a container printed. */
const FOREIGN =
  'Other lines stand between the events: if this is a capture of standard output, --mixed passes over them.';

interface FileStart {
  file: string;
  /** How many lines the files before have. */
  before: number;
}

/** All files as one log; notes where each begins. */
async function* linesOfFiles(files: readonly string[], starts: FileStart[]): AsyncGenerator<string> {
  let before = 0;
  for (const file of files) {
    starts.push({ file, before });
    const stream: AsyncIterable<Buffer> = file === '-' ? process.stdin : createReadStream(file);
    for await (const line of linesOf(stream)) {
      before++;
      yield line;
    }
  }
}

function placeOf({ line }: AuditFinding, starts: readonly FileStart[]): string {
  const start = starts.findLast(({ before }) => before < line) ?? starts[0];
  return `${start?.file ?? ''} line ${line - (start?.before ?? 0)}`;
}

function render(verdict: AuditVerdict, starts: readonly FileStart[]): string {
  const { lines, events, otherLines, writers, problems, warnings } = verdict;
  const describe = (mark: string) => (finding: AuditFinding) => `${mark}  ${placeOf(finding, starts)} ${finding.text}`;
  const otherLinesText = otherLines > 0 ? `, other lines ${otherLines}` : '';
  return [
    ...problems.map(describe('BROKEN ')),
    ...warnings.map(describe('warning')),
    ...(problems.some(({ kind }) => kind === 'foreign') ? [FOREIGN] : []),
    `${verdict.ok ? 'whole' : 'broken'}: lines ${lines}, events ${events}, processes that wrote them ${writers.length}${otherLinesText}`,
    ...writers.map(({ writer, lastHash, closed }) => {
      const end = closed ? 'closed' : 'not closed';
      return `  ${writer}  ${end}, last hash ${lastHash ?? 'unknown'}`;
    }),
    '',
  ].join('\n');
}

async function main(): Promise<void> {
  const { values, positionals: files } = parseArgs({
    allowPositionals: true,
    options: {
      last: { type: 'string' },
      after: { type: 'string', multiple: true },
      mixed: { type: 'boolean' },
    },
  });
  if (files.length === 0) throw new Error(USAGE);
  const starts: FileStart[] = [];
  const verdict = await verifyAuditLog(linesOfFiles(files, starts), {
    lastHash: values.last,
    after: values.after,
    mixed: values.mixed,
  });
  process.stdout.write(render(verdict, starts));
  process.exitCode = verdict.ok ? 0 : 1;
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : 'failed'}\n`);
  process.exitCode = 64;
});
