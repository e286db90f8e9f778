import { writeSync } from 'node:fs';
import type { Appended, LineWriter } from '../audit/line-writer.js';
import { createLineQueue } from './line-queue.js';

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

/** Makes it for this process, once: what still waits at exit is written then, for as long as half a second. */
export function createStandardOutput(options: StandardOutputOptions = {}): StandardOutput {
  const queue = createLineQueue(options.write ?? nonBlockingWrite());
  let logLines: string[] = [];
  let waiting = 0;
  let timer: NodeJS.Immediate | NodeJS.Timeout | undefined;

  /** The log lines since the last write, as one block: before whatever comes after them. */
  function addLogLines(): void {
    if (logLines.length === 0) return;
    const lines = logLines;
    logLines = [];
    queue.add({ lines, settle: (appended) => settleLogLines(lines, appended) });
  }

  function settleLogLines(lines: readonly string[], appended: Appended): void {
    waiting -= lines.reduce((sum, { length }) => sum + length, 0);
    if (!appended.ok) options.onDropped?.(lines.length - appended.written);
  }

  function send(): boolean {
    addLogLines();
    return queue.send();
  }

  function flush(): void {
    timer = send() ? undefined : setTimeout(flush, RETRY_MS);
  }

  process.once('exit', () => {
    const until = performance.now() + EXIT_PATIENCE_MS;
    while (!send() && performance.now() < until) pause(RETRY_MS);
  });

  return {
    write(line) {
      const text = line.endsWith('\n') ? line.slice(0, -1) : line;
      if (waiting + text.length > MAX_WAITING) return options.onDropped?.(1);
      waiting += text.length;
      logLines.push(text);
      timer ??= setImmediate(flush);
    },
    append(lines) {
      addLogLines();
      timer ??= setImmediate(flush);
      return new Promise((settle) => queue.add({ lines: [...lines], settle }));
    },
  };
}

/** A full pipe says EAGAIN, rather than stopping the process, once Node has made a stream of it: on first use of that. */
function nonBlockingWrite(): (bytes: Buffer) => number {
  const { fd } = process.stdout;
  return (bytes) => writeSync(fd, bytes);
}

function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
