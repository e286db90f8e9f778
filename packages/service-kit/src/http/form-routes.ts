import type { Endpoint } from '../service.js';
import { endpointRequest } from './endpoint-request.js';
import { readForm } from './read-form.js';
import type { Route } from './routes.js';

/** The routes of an endpoint, one per path. A GET has an empty form: what it has is in the query string. */
export function formRoutes(endpoint: Endpoint): Route[] {
  const { method, paths } = endpoint;
  return paths.map((path) => ({
    method,
    path,
    async handle(request, response) {
      const form = method === 'POST' ? await readForm(request) : new Map<string, readonly string[]>();
      return endpoint.handle(endpointRequest(request, response, form));
    },
  }));
}
