import { OAuthError } from '@mandate/oauth';
import type { Request } from 'express';
import type { AppResponse } from './request-state.js';
import type { Answer } from './send-answer.js';

/** A method and path with what answers it. */
export interface Route {
  method: 'GET' | 'POST';
  path: string;
  /** Probes and metrics: logged at debug only. */
  quiet?: boolean;
  handle(request: Request, response: AppResponse): Promise<Answer> | Answer;
}

interface Path {
  quiet: boolean;
  /** What `Allow` says. */
  methods: string;
  byMethod: ReadonlyMap<string, Route>;
}

/**
 * Finds the route of a request by its exact path, and notes the path for log and metrics.
 * @throws OAuthError 405 with `Allow` for another method, 404 for another path (docs/security.md H8).
 */
export function createRouter(routes: readonly Route[]) {
  const paths = new Map([...new Set(routes.map(({ path }) => path))].map((path) => [path, onPath(path, routes)]));
  return (request: Request, response: AppResponse): Route => {
    const found = paths.get(request.path);
    if (found === undefined) throw new OAuthError('invalid_request', 'There is nothing at this path', { status: 404 });
    response.locals.route = request.path;
    response.locals.quiet = found.quiet;
    const route = found.byMethod.get(request.method);
    if (route !== undefined) return route;
    const headers = { Allow: found.methods };
    throw new OAuthError('invalid_request', 'The method is not supported here', { status: 405, headers });
  };
}

/** A GET route answers HEAD too; of several routes of one method the first is it. */
function onPath(path: string, routes: readonly Route[]): Path {
  const here = routes.filter((route) => route.path === path);
  const byMethod = new Map<string, Route>();
  for (const route of here) {
    for (const method of route.method === 'GET' ? ['GET', 'HEAD'] : [route.method]) {
      if (!byMethod.has(method)) byMethod.set(method, route);
    }
  }
  return { quiet: here.some(({ quiet }) => quiet === true), methods: [...byMethod.keys()].join(', '), byMethod };
}
