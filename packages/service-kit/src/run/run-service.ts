import { writeSync } from 'node:fs';
import { ConfigError } from '@mandate/ports';
import type { z } from 'zod';
import type { CommonConfig } from '../config/common-config.js';
import type { Environment } from '../config/config-file.js';
import type { ConfigSchema } from '../config/describe-variables.js';
import { type Configuration, readConfiguration } from '../config/read-config.js';
import type { AppOptions } from '../http/create-app.js';
import { type LogFields, type Logger, type LogLevel, createLogger } from '../observe/logger.js';
import { createMetrics } from '../observe/prometheus-metrics.js';
import type { LineDestination, StandardOutput } from '../observe/standard-output.js';
import type { Runtime, Service } from '../service.js';
import { answerCommandLine } from './command-line.js';
import { createCountedOutput, createRuntime } from './create-runtime.js';
import { routeConsole } from './route-console.js';
import { type RunningService, startService } from './start-service.js';
import { mandateVersion } from './version.js';

/** Whatever still hangs then, a driver that does not close for instance, is left behind. */
const EXIT_DEADLINE_MS = 25_000;

/** Serves until SIGTERM or SIGINT, then drains and exits 0; an uncaught error exits 1 (docs/security.md S8, S10). */
async function runService(options: AppOptions): Promise<RunningService> {
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
  const facts = options.services.reduce<LogFields>((all, service) => ({ ...all, ...service.facts }), {});
  logger.info('ready', { ...facts, version: mandateVersion(), host: options.config.HOST, port, managementPort });
  return running;
}

type ServiceSchema = ConfigSchema & z.ZodType<CommonConfig>;

export interface MainOptions<Schema extends ServiceSchema> {
  name: string;
  schema: Schema;
  env: Environment;
  /** The command line after the program; `options`: what it may hold besides `--version` and `--help`, and what that does. */
  args: readonly string[];
  options?: Readonly<Record<string, string>>;
  /** Where log lines go; default standard output. */
  logDestination?: LineDestination | StandardOutput;
  /** The least severe level that goes there; default `LOG_LEVEL`. A destination that chooses itself gets more. */
  logLevel?(config: z.output<Schema>): LogLevel;
  /** Makes the services of this process out of its configuration. */
  compose(config: z.output<Schema>, runtime: Runtime): Promise<readonly Service[]>;
}

/**
 * What a `main.ts` does: configuration, composition, service. A `ConfigError` on the way becomes one log line and
 * exit code 78 before anything listens (docs/security.md S11).
 *
 * @example
 * await runMain({
 *   name: 'authentication',
 *   schema: authenticationConfig,
 *   env: process.env,
 *   args: process.argv.slice(2),
 *   compose: async (config, runtime) => [await compose(config, runtime)],
 * });
 */
export async function runMain<Schema extends ServiceSchema>(options: MainOptions<Schema>): Promise<RunningService> {
  const { name, schema, env } = options;
  const answer = answerCommandLine(options.args, { name, version: mandateVersion(), options: options.options });
  if (answer !== undefined) {
    writeSync(answer.exitCode === 0 ? 1 : 2, `${answer.text}\n`);
    process.exit(answer.exitCode);
  }
  const metrics = createMetrics();
  // One for all that is logged, so that lines come out in the order they were written, the last one included.
  const output = options.logDestination ?? createCountedOutput(metrics);
  const startLogger = createLogger({ level: 'info', service: name, destination: output });
  removeProtoAccessor();
  try {
    const read = readConfiguration(schema, { env });
    const { config } = read;
    const common: CommonConfig = config;
    const level = options.logLevel?.(config) ?? common.LOG_LEVEL;
    const runtime = createRuntime(name, { ...common, LOG_LEVEL: level }, { metrics, output });
    routeConsole(runtime.logger);
    reportConfiguration(read, runtime.logger);
    const services = await options.compose(config, runtime);
    return await runService({ services, config: common, logger: runtime.logger, metrics: runtime.metrics });
  } catch (error) {
    return exitWith(startLogger, error);
  }
}

/** One line with what a profile turned on, and one for each variable that does nothing. */
function reportConfiguration({ profile, withoutEffect }: Configuration<unknown>, logger: Logger): void {
  const set = Object.entries(profile).map(([variable, value]) => `${variable}=${value}`);
  if (set.length > 0) logger.info('compatibility turned on', { profile: 'ims', variables: set.join(', ') });
  for (const { variable, problem, shared } of withoutEffect) {
    logger[shared ? 'info' : 'warn']('variable without effect', { variable, problem });
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
