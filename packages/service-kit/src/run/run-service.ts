import { ConfigError } from '@mandate/ports';
import type { z } from 'zod';
import type { CommonConfig } from '../config/common-config.js';
import type { Environment } from '../config/config-file.js';
import type { ConfigSchema } from '../config/describe-variables.js';
import { readConfig } from '../config/read-config.js';
import type { AppOptions } from '../http/create-app.js';
import { type Logger, createLogger } from '../observe/logger.js';
import { createMetrics } from '../observe/metrics.js';
import type { LineDestination, StandardOutput } from '../observe/standard-output.js';
import type { Runtime, Service } from '../service.js';
import { createCountedOutput, createRuntime } from './create-runtime.js';
import { type RunningService, startService } from './start-service.js';

/** Whatever still hangs then, a driver that does not close for instance, is left behind. */
const EXIT_DEADLINE_MS = 25_000;

/** Serves until SIGTERM or SIGINT, then drains and exits 0; an uncaught error exits 1 (docs/security.md S8, S10). */
export async function runService(options: AppOptions): Promise<RunningService> {
  const { logger } = options;
  exitOnUncaught(logger);
  const running = await startService(options);
  const stop = (signal: NodeJS.Signals): void => {
    logger.info('stopping', { signal });
    setTimeout(() => process.exit(0), EXIT_DEADLINE_MS).unref();
    running.stop().then(
      () => process.exit(0),
      (error: unknown) => exitWith(logger, error),
    );
  };
  process.on('SIGTERM', stop).on('SIGINT', stop);
  const [port, managementPort] = [running.publicUrl, running.managementUrl].map((url) => Number(new URL(url).port));
  logger.info('ready', { host: options.config.HOST, port, managementPort });
  return running;
}

type ServiceSchema = ConfigSchema & z.ZodType<CommonConfig>;

export interface MainOptions<Schema extends ServiceSchema> {
  name: string;
  schema: Schema;
  env: Environment;
  /** Where log lines go; default standard output. */
  logDestination?: LineDestination | StandardOutput;
  /** Makes the services of this process out of its configuration. */
  compose(config: z.output<Schema>, runtime: Runtime): Promise<readonly Service[]>;
}

/**
 * What a `main.ts` does: configuration, composition, service. A `ConfigError` on the way becomes one log line and
 * exit code 78 before anything listens (docs/security.md S11).
 */
export async function runMain<Schema extends ServiceSchema>(options: MainOptions<Schema>): Promise<RunningService> {
  const { name, schema, env } = options;
  const metrics = createMetrics();
  const standardOutput = createCountedOutput(metrics);
  const startLogger = createLogger({ level: 'info', service: name, destination: standardOutput });
  removeProtoAccessor();
  try {
    const config = readConfig(schema, { env });
    const common: CommonConfig = config;
    const runtime = createRuntime(name, common, { metrics, output: options.logDestination ?? standardOutput });
    const services = await options.compose(config, runtime);
    return await runService({ services, config: common, logger: runtime.logger, metrics: runtime.metrics });
  } catch (error) {
    return exitWith(startLogger, error);
  }
}

/** The one member by which data reaches the prototype of every object, like `node --disable-proto=delete` (docs/security.md H2). */
function removeProtoAccessor(): void {
  Reflect.deleteProperty(Object.prototype, '__proto__');
}

function exitOnUncaught(logger: Logger): void {
  const exit = (error: unknown): void => exitWith(logger, error);
  process.once('uncaughtException', exit).once('unhandledRejection', exit);
}

/** Logs why in one line and leaves: 78 for configuration (EX_CONFIG), else 1. */
function exitWith(logger: Logger, error: unknown): never {
  if (error instanceof ConfigError) {
    const variables = error.issues.map(({ variable }) => variable).join(', ');
    logger.error('configuration refused', { variables, problem: error.message, exitCode: 78 });
    process.exit(78);
  }
  logger.error('fatal error', { err: error });
  process.exit(1);
}
