import type { IncomingMessage } from 'node:http';
import type { Endpoint, EndpointRequest } from '../service.js';
import { endpointRequest } from './endpoint-request.js';
import { readForm } from './read-form.js';
import { readJson } from './read-json.js';
import type { Route } from './routes.js';

/** The routes of an endpoint, one per path. A GET or DELETE has an empty form: what it has is in its target. */
export function endpointRoutes(endpoint: Endpoint): Route[] {
  const { method, paths } = endpoint;
  return paths.map((path) => ({
    method,
    path,
    async handle(request, response) {
      return endpoint.handle(endpointRequest(request, response, await bodyOf(request, endpoint)));
    },
  }));
}

async function bodyOf(
  request: IncomingMessage,
  { method, accepts = 'form' }: Endpoint,
): Promise<Pick<EndpointRequest, 'form' | 'json'>> {
  if (method !== 'POST') return { form: new Map() };
  return accepts === 'form' ? { form: await readForm(request) } : { form: new Map(), json: await readJson(request) };
}
