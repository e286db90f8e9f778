import { UpstreamError, isRecent, withDeadline } from '@mandate/ports';
import type { AuditSink, Runtime } from '@mandate/service-kit';

const LOG_INTERVAL_SECONDS = 60;
/** How long a decision waits for its event to be written, and a stop for those that wait. */
const PATIENCE_MS = { record: 1000, close: 5000 };

/**
 * Counts the events that were not written (`audit_failures_total`) and logs them once a minute. `required`: `record`
 * rejects with them, and with those that are not written within a second; else nobody waits for it.
 */
export function withFailuresCounted(
  sink: AuditSink,
  { required, metrics, logger, clock }: { required: boolean } & Pick<Runtime, 'metrics' | 'logger' | 'clock'>,
): AuditSink {
  const failures = metrics.counter({
    name: 'audit_failures_total',
    help: 'Audit events that were not written, by what went wrong',
    labels: { failure: ['overloaded', 'refused', 'timeout', 'unreachable'] },
  });
  let losses = 0;
  let loggedAt = -Infinity;

  function count(error: unknown): void {
    if (!(error instanceof UpstreamError)) throw error;
    const { failure, detail } = error;
    failures.increment({ failure });
    losses++;
    if (isRecent(loggedAt, { now: clock(), seconds: LOG_INTERVAL_SECONDS })) return;
    logger.error('audit events not written', { dependency: 'audit', failure, detail, count: losses });
    losses = 0;
    loggedAt = clock();
  }

  return {
    ...sink,
    async record(event) {
      const record = sink.record(event);
      const outcome = (required ? withinTime(record, PATIENCE_MS.record) : record).catch((error: unknown) => {
        count(error);
        throw error;
      });
      if (required) await outcome;
      else outcome.catch(ignoreCounted);
    },
    async close() {
      await withinTime(Promise.resolve(sink.close?.()), PATIENCE_MS.close).catch(count);
    },
  };
}

/** Waits that long. @throws UpstreamError `timeout` when it takes longer; how it ends later is not reported. */
export function withinTime(work: Promise<void>, milliseconds: number): Promise<void> {
  return withDeadline(work, milliseconds, () => {
    throw new UpstreamError('audit', 'timeout', 'not written in time');
  });
}

/** A failure that was counted is dealt with; anything else is a bug, and ends the process. */
function ignoreCounted(error: unknown): void {
  if (!(error instanceof UpstreamError)) throw error;
}
