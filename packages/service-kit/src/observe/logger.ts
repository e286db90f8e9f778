import { pino } from 'pino';
import { IDENTIFIER_FIELDS, LOG_FIELDS, type LogFieldName } from './log-fields.js';
import { reduceError } from './reduce-error.js';
import { scrub, scrubTokens } from './scrub.js';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

/** Fields of a log line: scalars under known names. `err` is reduced to its class, code and stack frames. */
export type LogFields = Partial<Record<LogFieldName, string | number | boolean | undefined>> & { err?: unknown };

/** Writes JSON lines that cannot carry a token: only fields of {@link LOG_FIELDS} reach a line. */
export interface Logger {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
  /** A logger that adds these fields to every line. */
  child(fields: LogFields): Logger;
}

export interface LoggerOptions {
  level: LogLevel;
  service: string;
  /** Where lines go; default standard output. */
  destination?: { write(line: string): void } | undefined;
}

const MAX_FIELD_LENGTH = 4096;

/** Makes the logger of a process (docs/security.md S5: redacted by construction, not by pattern). */
export function createLogger({ level, service, destination }: LoggerOptions): Logger {
  const base = { level, base: { service }, timestamp: pino.stdTimeFunctions.isoTime };
  const options = { ...base, formatters: { level: (label: string) => ({ level: label }) } };
  const lines = destination === undefined ? pino(options, pino.destination(1)) : pino(options, destination);
  return fromPino(lines, () => ({}));
}

/** `inherited` is read for the first line that is written, if any is. */
function fromPino(lines: pino.Logger, inherited: () => SafeFields): Logger {
  let known: SafeFields | undefined;
  const all = (fields?: LogFields): SafeFields => ({ ...(known ??= inherited()), ...safeFields(fields) });
  const write = (level: 'debug' | 'info' | 'warn' | 'error', event: string, fields?: LogFields): void => {
    if (lines.isLevelEnabled(level)) lines[level](all(fields), scrub(event));
  };
  return {
    debug: (event, fields) => write('debug', event, fields),
    info: (event, fields) => write('info', event, fields),
    warn: (event, fields) => write('warn', event, fields),
    error: (event, fields) => write('error', event, fields),
    child: (fields) => fromPino(lines, () => all(fields)),
  };
}

type SafeFields = Record<string, string | number | boolean>;

function safeFields(fields: LogFields = {}): SafeFields {
  const safe: SafeFields = {};
  for (const name of LOG_FIELDS) {
    const value: unknown = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (typeof value === 'string') {
      const scrubbed = IDENTIFIER_FIELDS.has(name) ? scrubTokens(value) : scrub(value);
      safe[name] = scrubbed.slice(0, MAX_FIELD_LENGTH);
    }
    if (typeof value === 'number' || typeof value === 'boolean') safe[name] = value;
  }
  return 'err' in fields && fields.err !== undefined ? { ...safe, ...reduceError(fields.err) } : safe;
}
