import type { StandardOutput } from '@mandate/service-kit';

/** Log lines kept back while the demonstration runs, so that what a person is to read comes after them. */
export interface HeldLog extends StandardOutput {
  lines: readonly string[];
  /** Writes what was kept back, and from now on every line at once. */
  release(): void;
}

export function createHeldLog(output: StandardOutput): HeldLog {
  const lines: string[] = [];
  let held = true;
  return {
    lines,
    write(line) {
      if (held) lines.push(line);
      else output.write(line);
    },
    append(events) {
      if (!held) return output.append(events);
      lines.push(...events.map((event) => `${event}\n`));
      return Promise.resolve({ ok: true });
    },
    release() {
      held = false;
      for (const line of lines) output.write(line);
    },
  };
}
