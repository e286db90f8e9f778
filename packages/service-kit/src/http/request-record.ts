import type { Metrics } from '@mandate/ports';
import type { Request } from 'express';
import type { AppResponse } from './request-state.js';
import type { Route } from './routes.js';

/** Those that any route has. A method that a path does not have is `other` as well: whoever tries them all makes one series. */
const METHODS = ['GET', 'HEAD', 'POST', 'DELETE'];
const STATUSES = [200, 204, 400, 401, 403, 404, 405, 409, 413, 415, 429, 431, 500, 503].map(String);
const STATUS_CLASSES = ['2xx', '4xx', '5xx'];
const SECONDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5];
const METHOD_NOT_ALLOWED = 405;

/** Counts and logs a request once it is answered or given up, with the milliseconds that it took, by closed label sets. The query string appears nowhere (docs/security.md C10). */
export function createRequestRecord(metrics: Metrics, routes: readonly Route[]) {
  const paths = routes.map(({ path }) => path);
  const requests = metrics.counter({
    name: 'http_requests_total',
    help: 'Requests answered',
    labels: { route: paths, method: METHODS, status: STATUSES },
  });
  const duration = metrics.histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from the request head to the last byte of the answer, except of those that waited for a person',
    // Every value here is as many series as there are buckets.
    labels: { route: paths, status: STATUS_CLASSES },
    buckets: SECONDS,
  });
  return (request: Request, response: AppResponse, milliseconds: number): void => {
    const { route, quiet, held, error, context } = response.locals;
    const { method } = request;
    const status = response.statusCode;
    const isOther = status === METHOD_NOT_ALLOWED;
    requests.increment({ route, method: isOther ? 'other' : method, status: String(status) });
    const timed = { route: isOther ? 'other' : route, status: `${String(status)[0]}xx` };
    // How long people take says nothing of how fast we are.
    if (!held) duration.observe(timed, milliseconds / 1000);
    const aborted = !response.writableFinished;
    const fields = { method, route, status, durationMs: Math.round(milliseconds), error };
    context.log[quiet ? 'debug' : 'info'](aborted ? 'request aborted' : 'request', fields);
  };
}
