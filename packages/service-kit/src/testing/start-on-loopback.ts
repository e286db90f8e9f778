import type { Clock, HttpClient } from '@mandate/ports';
import { z } from 'zod';
import { commonConfig } from '../config/common-config.js';
import type { Environment } from '../config/config-file.js';
import { readConfig } from '../config/read-config.js';
import { createLogger } from '../observe/logger.js';
import { createMetrics } from '../observe/prometheus-metrics.js';
import { createHttpClient } from '../outbound/http-client.js';
import { type RunningService, startService } from '../run/start-service.js';
import type { Runtime, Service } from '../service.js';

export interface LoopbackOptions {
  /** Variables of {@link commonConfig}; ports default to any free one, the drain delay to none, upstreams to 20 s. */
  env?: Environment;
  /** Epoch seconds; default 1,700,000,000 for ever. */
  clock?: Clock;
  http?: HttpClient;
}

export interface LoopbackService extends RunningService {
  /** Every line for standard output so far, log and audit, as JSON text. */
  logLines: readonly string[];
  runtime: Runtime;
  /** What `/metrics` says now. */
  metricsText(): Promise<string>;
}

/** For tests: serves what `compose` makes on free ports of the loopback interface. Call `stop()` at the end. */
export async function startOnLoopback(
  compose: (runtime: Runtime) => Promise<readonly Service[]> | readonly Service[],
  options: LoopbackOptions = {},
): Promise<LoopbackService> {
  const logLines: string[] = [];
  const output = { write: (line: string) => void logLines.push(line) };
  const env = {
    PORT: '0',
    MANAGEMENT_PORT: '0',
    SHUTDOWN_DRAIN_SECONDS: '0',
    UPSTREAM_TIMEOUT_MS: '20000',
    ...options.env,
  };
  const config = readConfig(z.object(commonConfig), { env });
  const runtime: Runtime = {
    logger: createLogger({ level: 'debug', service: 'test', destination: output }),
    metrics: createMetrics({ defaults: false }),
    clock: options.clock ?? (() => 1_700_000_000),
    http: options.http ?? createHttpClient({ timeoutMs: config.UPSTREAM_TIMEOUT_MS }),
    output,
  };
  const services = await compose(runtime);
  const running = await startService({ services, config, logger: runtime.logger, metrics: runtime.metrics });
  const metricsText = async (): Promise<string> => (await fetch(`${running.managementUrl}/metrics`)).text();
  return { ...running, logLines, runtime, metricsText };
}
