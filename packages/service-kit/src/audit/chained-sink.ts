import { randomUUID } from 'node:crypto';
import { type Clock, type JsonObject, UpstreamError } from '@mandate/ports';
import { renderAuditLine } from './audit-line.js';
import type { AuditEvent, AuditSink } from './audit-sink.js';
import { eventMembers } from './event-members.js';
import type { LineWriter } from './line-writer.js';

export interface ChainedSink extends AuditSink {
  check(): Promise<void>;
  close(): Promise<void>;
  /** Runs between two events, never during one. */
  betweenEvents: Turns;
}

export interface ChainedSinkOptions {
  lines: LineWriter;
  /** Lets go of what `lines` writes to. */
  release: () => Promise<void>;
  clock: Clock;
}

/** Events that may wait for the one being written; more are refused, not kept in memory. */
const MAX_WAITING = 1024;

/** Writes events as JSON lines that form a hash chain of this process; what was lost, its next line says. */
export function createChainedSink({ lines, release, clock }: ChainedSinkOptions): ChainedSink {
  const chain = createChain(lines);
  const betweenEvents = createTurns();
  let waiting = 0;
  let closed: Promise<void> | undefined;

  const writeOwn = (event: 'resumed' | 'closed') =>
    chain.write({ time: new Date(clock() * 1000).toISOString(), event });

  async function closeChain(): Promise<void> {
    try {
      if (chain.used()) await writeOwn('closed');
    } finally {
      await release();
    }
  }

  return {
    betweenEvents,
    async record(event: AuditEvent) {
      if (closed !== undefined || waiting >= MAX_WAITING) {
        chain.lose();
        throw new UpstreamError('audit', 'overloaded', closed === undefined ? 'too many events wait' : 'closed');
      }
      waiting++;
      await betweenEvents(() => chain.writeOrLose(eventMembers(event))).finally(() => waiting--);
    },
    check: () =>
      betweenEvents(async () => {
        if (chain.failing()) await writeOwn('resumed');
      }),
    close: () => (closed ??= betweenEvents(closeChain)),
  };
}

interface Chain {
  write(members: JsonObject): Promise<void>;
  /** As `write`; an event that is not written counts as lost. */
  writeOrLose(members: JsonObject): Promise<void>;
  lose(): void;
  failing(): boolean;
  used(): boolean;
}

/** The chain itself. An event that is not written keeps its number, and the next one that is says so in `lost`. */
function createChain(lines: LineWriter): Chain {
  const writer = randomUUID();
  let last: { seq: number; hash: string | null } = { seq: 0, hash: null };
  let lost = 0;
  let failing = false;

  async function write(members: JsonObject): Promise<void> {
    const [seq, missed] = [last.seq + lost + 1, lost];
    const { line, hash } = renderAuditLine({ writer, seq, lost, prev: last.hash }, members);
    failing = true;
    await lines.append(line);
    last = { seq, hash };
    lost -= missed;
    failing = false;
  }

  return {
    write,
    async writeOrLose(members) {
      try {
        await write(members);
      } catch (error) {
        lost++;
        throw error;
      }
    },
    lose() {
      lost++;
    },
    failing: () => failing,
    used: () => last.seq + lost > 0,
  };
}

type Turns = <T>(task: () => Promise<T>) => Promise<T>;

/** Runs tasks one after the other, in the order they were handed in. */
function createTurns(): Turns {
  let turn: Promise<unknown> = Promise.resolve();
  return (task) => {
    const done = turn.then(task);
    turn = done.catch(() => undefined);
    return done;
  };
}
