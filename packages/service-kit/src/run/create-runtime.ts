import type { CommonConfig } from '../config/common-config.js';
import { type LoggerOptions, createLogger } from '../observe/logger.js';
import { createMetrics } from '../observe/metrics.js';
import { createHttpClient } from '../outbound/http-client.js';
import { outboundOptions } from '../outbound/outbound-options.js';
import type { Runtime } from '../service.js';

/** The logger, metrics, clock and outbound client of a process. */
export function createRuntime(
  name: string,
  config: CommonConfig,
  { logDestination }: { logDestination?: LoggerOptions['destination'] | undefined } = {},
): Runtime {
  return {
    logger: createLogger({
      level: config.LOG_LEVEL,
      service: name,
      ...(logDestination !== undefined && { destination: logDestination }),
    }),
    metrics: createMetrics(),
    // eslint-disable-next-line no-restricted-properties -- the one system clock; everything else receives it
    clock: () => Math.floor(Date.now() / 1000),
    http: createHttpClient(outboundOptions(config)),
    output: logDestination,
  };
}
