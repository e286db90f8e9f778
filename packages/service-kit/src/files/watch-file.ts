import type { HealthPart, HealthStatus, Runtime } from '../service.js';
import {
  type FileParser,
  type ReloadingFile,
  type ReloadingFileOptions,
  createReloadingFile,
} from './reloading-file.js';

export type WatchedFileOptions<T> = Omit<ReloadingFileOptions<unknown>, 'parse' | 'parseInSteps' | 'onReload'> &
  FileParser<T>;

/**
 * A {@link createReloadingFile} that logs its reloads, counts them (`file_reloads_total`), shows while a version on disk is
 * not in use (`file_refused`), and is a part of `/readyz`.
 *
 * @example
 * const clients = watchFile(runtime, { path, variable: 'CLIENTS', parse: parseClients, intervalSeconds: 5 });
 * clients.current(); // the version in force
 */
export function watchFile<T>(
  { logger, metrics }: Pick<Runtime, 'logger' | 'metrics'>,
  options: WatchedFileOptions<T>,
): ReloadingFile<T> & { part: HealthPart } {
  const { variable } = options;
  const reloads = metrics.counter({
    name: 'file_reloads_total',
    help: 'Changes seen of a mounted file, by variable and outcome',
    labels: { variable: [variable], outcome: ['success', 'failure'] },
  });
  const file = createReloadingFile({
    ...options,
    onReload(problem) {
      reloads.increment({ variable, outcome: problem === undefined ? 'success' : 'failure' });
      if (problem === undefined) logger.info('file reloaded', { variable });
      else logger.error('file not reloaded, the last good version stays', { variable, problem });
    },
  });
  metrics.gauge({
    name: 'file_refused',
    help: 'Whether the version of a mounted file on disk is not the one in use, because it could not be used',
    labels: { variable },
    read: () => (file.problem() === undefined ? 0 : 1),
  });
  return { ...file, part: { name: `file:${variable}`, status: () => fileHealth(file) } };
}

function fileHealth(file: ReloadingFile<unknown>): HealthStatus {
  const problem = file.problem();
  return problem === undefined ? { ready: true } : { ready: true, degraded: true, detail: problem };
}
