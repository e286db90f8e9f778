import { OAuthError } from '@mandate/oauth';
import type { Express, Request } from 'express';
import type { AppResponse } from './request-state.js';

/** A method and path with what answers it. */
export interface Route {
  method: 'GET' | 'POST';
  path: string;
  /** Probes and metrics: logged at debug only. */
  quiet?: boolean;
  handle(request: Request, response: AppResponse): Promise<void> | void;
}

const PATTERN_CHARACTERS = /[\\{}()[\]+?!:*]/g;

/** Mounts routes by exact path: another method is 405 with `Allow`, another path 404 (docs/security.md H8). */
export function mountRoutes(app: Express, routes: readonly Route[]): void {
  for (const path of new Set(routes.map((route) => route.path))) {
    mountPath(
      app,
      path,
      routes.filter((route) => route.path === path),
    );
  }
  app.use(() => {
    throw new OAuthError('invalid_request', 'There is nothing at this path', { status: 404 });
  });
}

function mountPath(app: Express, path: string, routes: readonly Route[]): void {
  const onPath = app.route(path.replace(PATTERN_CHARACTERS, String.raw`\$&`));
  onPath.all((_request: Request, response: AppResponse, next) => {
    response.locals.route = path;
    response.locals.quiet = routes.some(({ quiet }) => quiet === true);
    next();
  });
  for (const route of routes) {
    const handle = (request: Request, response: AppResponse): Promise<void> | void => route.handle(request, response);
    if (route.method === 'GET') onPath.get(handle);
    else onPath.post(handle);
  }
  const methods = routes.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
  onPath.all(() => {
    const headers = { Allow: methods.join(', ') };
    throw new OAuthError('invalid_request', 'The method is not supported here', { status: 405, headers });
  });
}
