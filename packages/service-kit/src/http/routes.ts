import { OAuthError } from '@mandate/oauth';
import type { Request } from 'express';
import type { AppResponse } from './request-state.js';
import type { Answer } from './send-answer.js';

/** A method and path with what answers it. */
export interface Route {
  method: 'GET' | 'POST' | 'DELETE';
  /** Its last segment may be a parameter, `/things/{id}`: whatever stands there. */
  path: string;
  /** Probes and metrics: logged at debug only. */
  quiet?: boolean;
  handle(request: Request, response: AppResponse): Promise<Answer> | Answer;
}

interface Path {
  path: string;
  quiet: boolean;
  /** What `Allow` says. */
  methods: string;
  byMethod: ReadonlyMap<string, Route>;
}

/**
 * Finds the route of a request by its exact path, else by the path before its last segment, and notes the path of the
 * route for log and metrics. @throws OAuthError 405 with `Allow` for another method, 404 for another path (docs/security.md H8).
 */
export function createRouter(routes: readonly Route[]) {
  const paths = [...new Set(routes.map(({ path }) => path))].map((path) => onPath(path, routes));
  const exact = new Map(paths.filter(({ path }) => !isPattern(path)).map((found) => [found.path, found]));
  const patterns = new Map(
    paths.filter(({ path }) => isPattern(path)).map((found) => [upToSegment(found.path), found]),
  );
  return (request: Request, response: AppResponse): Route => {
    const { path } = request;
    const segment = exact.has(path) ? undefined : segmentOf(path);
    const found = exact.get(path) ?? (segment === undefined ? undefined : patterns.get(upToSegment(path)));
    if (found === undefined) throw new OAuthError('invalid_request', 'There is nothing at this path', { status: 404 });
    response.locals.route = found.path;
    response.locals.segment = segment;
    response.locals.quiet = found.quiet;
    const route = found.byMethod.get(request.method);
    if (route !== undefined) return route;
    const headers = { Allow: found.methods };
    throw new OAuthError('invalid_request', 'The method is not supported here', { status: 405, headers });
  };
}

function isPattern(path: string): boolean {
  return path.endsWith('}');
}

function upToSegment(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1);
}

/** The last segment of a path, decoded; `undefined` when it is empty or cannot be. */
function segmentOf(path: string): string | undefined {
  const segment = path.slice(path.lastIndexOf('/') + 1);
  try {
    return segment === '' ? undefined : decodeURIComponent(segment);
  } catch {
    return undefined;
  }
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
  return {
    path,
    quiet: here.some(({ quiet }) => quiet === true),
    methods: [...byMethod.keys()].join(', '),
    byMethod,
  };
}
