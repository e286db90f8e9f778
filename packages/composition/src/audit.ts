import { ConfigError, UpstreamError } from '@mandate/ports';
import {
  type AuditSink,
  type HealthPart,
  type Runtime,
  type Settings,
  choice,
  createFileAuditSink,
  createStdoutAuditSink,
  flag,
  path,
  usedWith,
} from '@mandate/service-kit';
import { withFailuresCounted, withinTime } from './audit-failures.js';

/** The variables of the decision log (docs/delegation.md section 8). */
export const auditConfig = {
  AUDIT_SINK: choice(['stdout', 'file', 'off'])
    .default('stdout')
    .describe('Where every decision is written down, as one JSON line; `stdout`: among the log lines'),
  ...usedWith(
    { AUDIT_SINK: 'file' },
    {
      AUDIT_FILE: path()
        .optional()
        .describe('File of AUDIT_SINK=file, appended to; opened anew on SIGHUP, for rotation'),
    },
  ),
  AUDIT_REQUIRED: flag()
    .default(false)
    .describe('Answer 503 rather than with a decision that is not written down; else it is given up and counted'),
};

export type AuditSettings = Settings<typeof auditConfig>;

export interface Audit {
  /** With `AUDIT_REQUIRED`, `record` rejects when the event is not written; else it resolves at once. */
  sink: AuditSink;
  parts: readonly HealthPart[];
  /** Writes the closing event. Never rejects. */
  close(): Promise<void>;
}

type AuditRuntime = Pick<Runtime, 'logger' | 'metrics' | 'clock' | 'output'>;

/** The configured audit sink. @throws ConfigError when its settings are missing or its file cannot be opened. */
export async function composeAuditSink(config: AuditSettings, runtime: AuditRuntime): Promise<Audit> {
  const { AUDIT_SINK: kind, AUDIT_REQUIRED: required } = config;
  if (kind === 'off') {
    if (required) throw new ConfigError([{ variable: 'AUDIT_SINK', message: 'is off, and AUDIT_REQUIRED is true' }]);
    return { sink: { record: () => Promise.resolve() }, parts: [], close: () => Promise.resolve() };
  }
  const { clock, output } = runtime;
  const sink =
    kind === 'file' ? await fileSink(config, runtime) : createStdoutAuditSink({ destination: output, clock });
  const countedSink = withFailuresCounted(sink, { ...runtime, required });
  return {
    sink: countedSink,
    parts: [auditHealth(sink, required)],
    close: async () => countedSink.close?.(),
  };
}

async function fileSink({ AUDIT_FILE: file }: AuditSettings, { clock, logger }: AuditRuntime): Promise<AuditSink> {
  const variable = 'AUDIT_FILE';
  if (file === undefined) throw new ConfigError([{ variable, message: 'is needed for AUDIT_SINK=file' }]);
  const sink = await createFileAuditSink({ path: file, clock }).catch((error: unknown) => {
    if (!(error instanceof UpstreamError)) throw error;
    throw new ConfigError([{ variable, message: `cannot be opened (${error.detail ?? error.failure})` }]);
  });
  const reopen = (): void => {
    sink.reopen().then(
      () => logger.info('audit file opened anew', { variable }),
      (error: unknown) =>
        logger.error('audit file not opened anew, the old one stays in use', { variable, err: error }),
    );
  };
  process.on('SIGHUP', reopen);
  return {
    ...sink,
    async close() {
      process.off('SIGHUP', reopen);
      await sink.close?.();
    },
  };
}

const CHECK_PATIENCE_MS = 500;

/** A check tries to write again, so that a replica whose disk was full recovers by itself. */
function auditHealth(sink: AuditSink, required: boolean): HealthPart {
  return {
    name: 'audit',
    async status() {
      try {
        await withinTime(Promise.resolve(sink.check?.()), CHECK_PATIENCE_MS);
        return { ready: true };
      } catch (error) {
        if (!(error instanceof UpstreamError)) throw error;
        return { ready: !required, degraded: true, detail: `events are not written: ${error.detail ?? error.failure}` };
      }
    },
  };
}
