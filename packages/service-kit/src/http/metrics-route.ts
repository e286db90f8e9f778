import type { Metrics } from '@mandate/ports';
import type { Route } from './routes.js';

/** The Prometheus text exposition at a path. */
export function metricsRoute(path: string, metrics: Metrics): Route {
  return {
    method: 'GET',
    path,
    quiet: true,
    handle: () => metrics.render(),
  };
}
