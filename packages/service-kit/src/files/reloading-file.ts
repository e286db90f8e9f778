import { readFileSync, realpathSync, statSync } from 'node:fs';
import { ConfigError, FileError, JsonSyntaxError } from '@mandate/ports';
import { nodeErrorCode } from './node-error-code.js';

export interface ReloadingFileOptions<T> {
  path: string;
  /** The environment variable that names the file, for messages. */
  variable: string;
  /** Turns the text into data. Its `FileError`, `ConfigError` and errors with a `place` are shown, no other. */
  parse: (text: string) => T;
  intervalSeconds: number;
  onReload?: (outcome: ReloadOutcome) => void;
}

export type ReloadOutcome = { ok: true } | { ok: false; problem: string };

/** A file's data, as fresh as the last good version of it. */
export interface ReloadingFile<T> {
  current(): T;
  status(): ReloadStatus;
  /** Looks at the file now. */
  check(): void;
  close(): void;
}

export interface ReloadStatus {
  /** Why the version on disk is not the one in use; `undefined` when it is. */
  problem: string | undefined;
  reloads: number;
  failures: number;
}

/**
 * Reads a file, then again whenever it changes: also when a ConfigMap swaps the symbolic link above it. A broken
 * version is counted and the last good one kept.
 * @throws ConfigError when the first version cannot be read or parsed.
 */
export function createReloadingFile<T>(options: ReloadingFileOptions<T>): ReloadingFile<T> {
  const { path, variable, parse, intervalSeconds, onReload } = options;
  const status: ReloadStatus = { problem: undefined, reloads: 0, failures: 0 };
  let version = versionOf(path);
  let value = readFirst(path, variable, parse);

  function check(): void {
    const found = versionOf(path);
    if (found === version) return;
    version = found;
    try {
      value = parse(readFileSync(path, 'utf8'));
      status.problem = undefined;
      status.reloads++;
      onReload?.({ ok: true });
    } catch (error) {
      const problem = fileProblem(error);
      status.problem = problem;
      status.failures++;
      onReload?.({ ok: false, problem });
    }
  }

  const timer = setInterval(check, intervalSeconds * 1000);
  timer.unref();
  return {
    current: () => value,
    status: () => ({ ...status }),
    check,
    close: () => clearInterval(timer),
  };
}

function readFirst<T>(path: string, variable: string, parse: (text: string) => T): T {
  try {
    return parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new ConfigError([{ variable, message: fileProblem(error) }]);
  }
}

/** What tells one version of a file from the next, links resolved; a missing file is a version too. */
function versionOf(path: string): string {
  try {
    const { ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return [realpathSync(path), ino, size, mtimeNs, ctimeNs].join(' ');
  } catch {
    return 'missing';
  }
}

/** What may be said of a file that cannot be used: never its content. */
function fileProblem(error: unknown): string {
  if (error instanceof ConfigError) return error.issues.map(({ message }) => message).join('; ');
  if (error instanceof JsonSyntaxError) return `is not JSON: ${error.message}`;
  if (error instanceof FileError) return error.message;
  const code = nodeErrorCode(error);
  if (code !== undefined) return `cannot be read (${code})`;
  // An error with a `place` comes from a parser that promises to name places and never values.
  return error instanceof Error && 'place' in error ? error.message : 'cannot be used';
}
