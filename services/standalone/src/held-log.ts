/** Log lines kept back while the demonstration runs, so that what a person is to read comes after them. */
export interface HeldLog {
  write(line: string): void;
  lines: readonly string[];
  /** Writes what was kept back, and from now on every line at once. */
  release(): void;
}

export function createHeldLog(output: { write(text: string): unknown }): HeldLog {
  const lines: string[] = [];
  let held = true;
  return {
    lines,
    write(line) {
      if (held) lines.push(line);
      else output.write(line);
    },
    release() {
      held = false;
      for (const line of lines) output.write(line);
    },
  };
}
