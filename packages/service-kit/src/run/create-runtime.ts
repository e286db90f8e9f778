import type { Metrics } from '@mandate/ports';
import type { CommonConfig } from '../config/common-config.js';
import { createLogger } from '../observe/logger.js';
import { createMetrics } from '../observe/prometheus-metrics.js';
import { createStandardOutput, type LineDestination, type StandardOutput } from '../observe/standard-output.js';
import { createHttpClient } from '../outbound/http-client.js';
import { outboundOptions } from '../outbound/outbound-options.js';
import type { Runtime } from '../service.js';

/** The logger, metrics, clock and outbound client of a process. */
export function createRuntime(
  name: string,
  config: CommonConfig,
  options: { metrics?: Metrics; output?: LineDestination | StandardOutput } = {},
): Runtime {
  const { metrics = createMetrics(), output = createCountedOutput(metrics) } = options;
  return {
    logger: createLogger({ level: config.LOG_LEVEL, service: name, destination: output }),
    metrics,
    // eslint-disable-next-line no-restricted-properties -- the one system clock; everything else receives it
    clock: () => Math.floor(Date.now() / 1000),
    http: createHttpClient(outboundOptions(config)),
    output,
  };
}

/** Standard output, with what it drops counted. */
export function createCountedOutput(metrics: Metrics): StandardOutput {
  const dropped = metrics.counter({
    name: 'log_lines_dropped_total',
    help: 'Log lines given up because standard output was not read',
    labels: {},
  });
  return createStandardOutput({ onDropped: (lines) => dropped.increment({}, lines) });
}
