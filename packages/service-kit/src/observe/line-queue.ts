import { type Appended, appendedOf } from '../audit/line-writer.js';
import { nodeErrorCode } from '../files/node-error-code.js';

/** Lines that go out together, and who is told what became of them. */
export interface LineBlock {
  lines: string[];
  settle: (appended: Appended) => void;
}

/** Blocks in the order they were handed in, and how far the first one is written. */
export interface LineQueue {
  add(block: LineBlock): void;
  /** Writes what is taken now. Whether that is all; else somebody has to read first. */
  send(): boolean;
}

interface Begun {
  bytes: Buffer;
  sent: number;
  opening: number;
}

const LINE_FEED = 0x0a;

/** `write` takes some of the bytes at once and says how many, or throws `EAGAIN`. */
export function createLineQueue(write: (bytes: Buffer) => number): LineQueue {
  const blocks: LineBlock[] = [];
  let begun: Begun | undefined;
  let midLine = false;

  function finish(block: LineBlock, { bytes, sent }: Begun, appended: Appended): void {
    if (sent > 0) midLine = bytes[sent - 1] !== LINE_FEED;
    begun = undefined;
    blocks.shift();
    block.settle(appended);
  }

  /** Whether it is dealt with: written, or failed. */
  function sendOne(block: LineBlock): boolean {
    const now = (begun ??= begin(block, midLine));
    try {
      while (now.sent < now.bytes.length) now.sent += write(now.bytes.subarray(now.sent));
      finish(block, now, { ok: true });
    } catch (error) {
      if (nodeErrorCode(error) === 'EAGAIN') return false;
      finish(block, now, appendedOf(block.lines, { sent: now.sent - now.opening, error }));
    }
    return true;
  }

  return {
    add: (block) => void blocks.push(block),
    send() {
      for (let block = blocks[0]; block !== undefined; block = blocks[0]) if (!sendOne(block)) return false;
      return true;
    },
  };
}

/** A line that was cut short stays as it is, and the next one starts on a line of its own. */
function begin({ lines }: LineBlock, midLine: boolean): Begun {
  const opening = midLine ? '\n' : '';
  return { bytes: Buffer.from(`${opening}${lines.join('\n')}\n`), sent: 0, opening: opening.length };
}
