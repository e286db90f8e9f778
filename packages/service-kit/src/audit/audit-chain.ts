import { randomUUID } from 'node:crypto';
import { renderAuditLine } from './audit-line.js';
import type { Appended, LineWriter } from './line-writer.js';

/** What becomes a line of the chain. */
export interface ChainedEntry {
  /** Canonical text of each member, `"name":value`. */
  members: readonly string[];
  /** How many events were given up since the entry before it. */
  lost: number;
  /** Of the log itself, so that nothing is lost when it is not written. */
  own: boolean;
}

/** The chain of one sink. An entry that is not written keeps its number, and the next one that is says so in `lost`. */
export interface AuditChain {
  /** One call at a time. */
  write(entries: readonly ChainedEntry[]): Promise<Appended>;
  /** @throws UpstreamError when it is not written. */
  writeOne(entry: ChainedEntry): Promise<void>;
  failing(): boolean;
  /** Whether anything was to be written. */
  used(): boolean;
}

interface ChainEnd {
  seq: number;
  hash: string | null;
}

/** Makes a chain that continues none. */
export function createAuditChain(lines: LineWriter): AuditChain {
  const writer = randomUUID();
  let last: ChainEnd = { seq: 0, hash: null };
  let lost = 0;
  let failing = false;

  function render(entries: readonly ChainedEntry[]): (ChainEnd & { line: string })[] {
    let { seq, hash: prev } = last;
    let missed = lost;
    return entries.map((entry) => {
      missed += entry.lost;
      seq += missed + 1;
      const { line, hash } = renderAuditLine({ writer, seq, lost: missed, prev }, entry.members);
      [prev, missed] = [hash, 0];
      return { line, seq, hash };
    });
  }

  async function write(entries: readonly ChainedEntry[]): Promise<Appended> {
    const rendered = render(entries);
    const appended = await lines.append(rendered.map(({ line }) => line));
    const written = appended.ok ? entries.length : appended.written;
    last = rendered[written - 1] ?? last;
    const unwritten = entries.slice(written).map((entry) => entry.lost + (entry.own ? 0 : 1));
    lost = unwritten.reduce((sum, count) => sum + count, written === 0 ? lost : 0);
    failing = !appended.ok;
    return appended;
  }

  return {
    write,
    async writeOne(entry) {
      const appended = await write([entry]);
      if (!appended.ok) throw appended.failure;
    },
    failing: () => failing,
    used: () => last.seq + lost > 0,
  };
}
