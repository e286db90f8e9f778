import { writeSync } from 'node:fs';
import { type Appended, appendedOf, type LineWriter } from '../audit/line-writer.js';
import { nodeErrorCode } from '../files/node-error-code.js';

/** Where the lines of a log go, each with its line feed. */
export interface LineDestination {
  write(line: string): void;
}

/**
 * Standard output, which nobody waits for: a reader that stands still stops no request. What it does not take yet is
 * kept in order. Lines of the log beyond 4 Mi characters that wait are dropped and reported; what is appended waits.
 */
export type StandardOutput = LineDestination & LineWriter;

export interface StandardOutputOptions {
  onDropped?: (lines: number) => void;
  /** Takes some of the bytes at once and says how many, or throws `EAGAIN`. */
  write?: (bytes: Buffer) => number;
}

const MAX_WAITING = 2 ** 22;
const RETRY_MS = 5;
const EXIT_PATIENCE_MS = 500;
const LINE_FEED = 0x0a;

/** Lines that go out together; those of the log have nobody to tell. */
interface Chunk {
  lines: string[];
  settle: ((appended: Appended) => void) | undefined;
}

/** Makes it for this process, once: what still waits at exit is written then, for as long as half a second. */
export function createStandardOutput({
  onDropped,
  write = writeStandardOutput(),
}: StandardOutputOptions = {}): StandardOutput {
  const chunks: Chunk[] = [];
  let begun: { bytes: Buffer; sent: number; opening: number } | undefined;
  let waiting = 0;
  let midLine = false;
  let timer: NodeJS.Immediate | NodeJS.Timeout | undefined;

  function flush(): void {
    timer = undefined;
    for (let chunk = chunks[0]; chunk !== undefined; chunk = chunks[0]) {
      if (!send(chunk)) {
        timer = setTimeout(flush, RETRY_MS);
        return;
      }
    }
  }

  /** Whether it is dealt with: written, or failed. `false`: the reader has to read first. */
  function send(chunk: Chunk): boolean {
    begun ??= begin(chunk, midLine);
    try {
      while (begun.sent < begun.bytes.length) begun.sent += write(begun.bytes.subarray(begun.sent));
      end(chunk, { ok: true });
    } catch (error) {
      if (nodeErrorCode(error) === 'EAGAIN') return false;
      end(chunk, appendedOf(chunk.lines, { sent: begun.sent - begun.opening, error }));
    }
    return true;
  }

  function end(chunk: Chunk, appended: Appended): void {
    if (begun !== undefined && begun.sent > 0) midLine = begun.bytes[begun.sent - 1] !== LINE_FEED;
    begun = undefined;
    chunks.shift();
    if (chunk.settle === undefined) waiting -= lengthOf(chunk.lines);
    if (chunk.settle === undefined && !appended.ok) onDropped?.(chunk.lines.length - appended.written);
    chunk.settle?.(appended);
  }

  function enqueue(chunk: Chunk): void {
    chunks.push(chunk);
    timer ??= setImmediate(flush);
  }

  process.once('exit', () => {
    const until = performance.now() + EXIT_PATIENCE_MS;
    for (let chunk = chunks[0]; chunk !== undefined && performance.now() < until; chunk = chunks[0]) {
      if (!send(chunk)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
    }
  });

  return {
    write(line) {
      if (waiting + line.length > MAX_WAITING) return onDropped?.(1);
      const text = line.endsWith('\n') ? line.slice(0, -1) : line;
      waiting += text.length;
      const last = chunks.at(-1);
      const isOpen = last !== undefined && last.settle === undefined && (chunks.length > 1 || begun === undefined);
      if (isOpen) last.lines.push(text);
      else enqueue({ lines: [text], settle: undefined });
    },
    append: (lines) => new Promise((settle) => enqueue({ lines: [...lines], settle })),
  };
}

function begin({ lines }: Chunk, midLine: boolean): { bytes: Buffer; sent: number; opening: number } {
  const opening = midLine ? '\n' : '';
  return { bytes: Buffer.from(`${opening}${lines.join('\n')}\n`), sent: 0, opening: opening.length };
}

function lengthOf(lines: readonly string[]): number {
  return lines.reduce((sum, { length }) => sum + length, 0);
}

function writeStandardOutput(): (bytes: Buffer) => number {
  // Only once Node has made a stream of a pipe does a full one say EAGAIN rather than stop the process.
  void process.stdout;
  return (bytes) => writeSync(1, bytes);
}
