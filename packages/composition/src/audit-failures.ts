import { UpstreamError } from '@mandate/ports';
import type { AuditSink, Runtime } from '@mandate/service-kit';

const LOG_INTERVAL_SECONDS = 60;

/**
 * Counts the events that were not written (`audit_failures_total`) and logs them once a minute. `required`: `record`
 * rejects with them; else nobody waits for it.
 */
export function withFailuresCounted(
  sink: AuditSink,
  { required, metrics, logger, clock }: { required: boolean } & Pick<Runtime, 'metrics' | 'logger' | 'clock'>,
): AuditSink {
  const failures = metrics.counter({
    name: 'audit_failures_total',
    help: 'Audit events that were not written, by what went wrong',
    labels: { failure: ['overloaded', 'refused', 'unreachable'] },
  });
  let unlogged = 0;
  let loggedAt = -Infinity;

  function count(error: unknown): void {
    if (!(error instanceof UpstreamError)) throw error;
    const { failure, detail } = error;
    failures.increment({ failure });
    unlogged++;
    if (clock() < loggedAt + LOG_INTERVAL_SECONDS) return;
    logger.error('audit events not written', { dependency: 'audit', failure, detail, count: unlogged });
    unlogged = 0;
    loggedAt = clock();
  }

  return {
    ...sink,
    async record(event) {
      const written = sink.record(event).catch((error: unknown) => {
        count(error);
        throw error;
      });
      if (required) await written;
      else written.catch(ignoreCounted);
    },
    async close() {
      await sink.close?.().catch(count);
    },
  };
}

/** What was counted is dealt with; anything else is a bug, and ends the process. */
function ignoreCounted(error: unknown): void {
  if (!(error instanceof UpstreamError)) throw error;
}
