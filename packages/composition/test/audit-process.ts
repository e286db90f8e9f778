import { setTimeout as delay } from 'node:timers/promises';
import { createLogger, createMetrics, createStandardOutput, readConfig } from '@mandate/service-kit';
import { z } from 'zod';
import { auditConfig, composeAuditSink } from '../src/index.js';
import { auditEvent } from './audit-event.js';

/** A whole process for audit.test.ts: records events without a pause until SIGTERM, then closes. */
const config = readConfig(z.object(auditConfig), { env: process.env });
const output = createStandardOutput();
const audit = await composeAuditSink(config, {
  logger: createLogger({ level: 'info', service: 'test', destination: output }),
  output,
  metrics: createMetrics({ defaults: false }),
  clock: () => 1_800_000_000,
});

const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());
while (!stop.signal.aborted) {
  await audit.sink.record(auditEvent);
  await delay(1);
}
await audit.close();
