import { readFileSync, realpathSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { ConfigError, FileError, finish, type Steps } from '@mandate/ports';
import { finishInTurns } from './finish-in-turns.js';
import { whyUnreadable } from './node-error-code.js';

export type ReloadingFileOptions<T> = FileParser<T> & {
  path: string;
  /** The environment variable that names the file, for messages. */
  variable: string;
  intervalSeconds: number;
  /** Told of every change, with what is wrong with it. */
  onReload?: (problem: string | undefined) => void;
};

/**
 * Turns the text into data; a file that may be large is parsed in steps, between which requests are answered. Its
 * `FileError` is shown, no other error.
 */
export type FileParser<T> = { parse: (text: string) => T } | { parseInSteps: (text: string) => Steps<T> };

/** A file's data, as fresh as the last good version of it. */
export interface ReloadingFile<T> {
  current(): T;
  /** Why the version on disk is not the one in use; `undefined` when it is. */
  problem(): string | undefined;
  /** Looks at the file now, unless that is going on already. Resolves when what was found is in use, or refused. */
  check(): Promise<void>;
  close(): void;
}

/**
 * Reads a file, then again whenever it changes: also when a ConfigMap swaps the symbolic link above it. Of a broken
 * version the last good one is kept.
 * @throws ConfigError when the first version cannot be read or parsed.
 */
export function createReloadingFile<T>(options: ReloadingFileOptions<T>): ReloadingFile<T> {
  const { path, variable, intervalSeconds, onReload } = options;
  const parse = 'parse' in options ? inOneStep(options.parse) : options.parseInSteps;
  let problem: string | undefined;
  let version: string | undefined = versionOf(path);
  let value = readFirst(path, variable, parse);

  let looking: Promise<void> | undefined;
  let closed = false;

  async function look(): Promise<void> {
    const found = versionOf(path);
    if (found === version) return;
    const outcome = await readNext(path, parse);
    if (closed) return;
    // What could not be read (no file descriptor, a disk away) may be at the next look, without a change: it is told once.
    version = outcome.ok || outcome.wasRead ? found : undefined;
    if (version === undefined && !outcome.ok && outcome.problem === problem) return;
    problem = outcome.ok ? undefined : outcome.problem;
    if (outcome.ok) value = outcome.value;
    onReload?.(problem);
  }

  const check = (): Promise<void> => (looking ??= look().finally(() => (looking = undefined)));
  const timer = setInterval(() => void check(), intervalSeconds * 1000);
  timer.unref();
  return {
    current: () => value,
    problem: () => problem,
    check,
    close() {
      closed = true;
      clearInterval(timer);
    },
  };
}

/** Nobody is served yet, so nobody waits for it. */
function readFirst<T>(path: string, variable: string, parse: (text: string) => Steps<T>): T {
  try {
    return finish(parse(readFileSync(path, 'utf8')));
  } catch (error) {
    throw new ConfigError([{ variable, message: fileProblem(error, path) }]);
  }
}

type NextVersion<T> = { ok: true; value: T } | { ok: false; problem: string; wasRead: boolean };

async function readNext<T>(path: string, parse: (text: string) => Steps<T>): Promise<NextVersion<T>> {
  let wasRead = false;
  try {
    const text = await readFile(path, 'utf8');
    wasRead = true;
    return { ok: true, value: await finishInTurns(parse(text)) };
  } catch (error) {
    return { ok: false, problem: fileProblem(error, path), wasRead };
  }
}

function inOneStep<T>(parse: (text: string) => T): (text: string) => Steps<T> {
  // eslint-disable-next-line require-yield -- one step has no place to stop at
  return function* (text) {
    return parse(text);
  };
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
function fileProblem(error: unknown, path: string): string {
  if (error instanceof FileError) return error.message;
  return whyUnreadable(error, path) ?? 'cannot be used';
}
