import { type Form, parseAuthorization, parseForm } from '@mandate/oauth';
import type { Request } from 'express';
import type { EndpointRequest, EndpointResponse } from '../service.js';
import { clientAddress } from './client-address.js';
import { cookieValue } from './cookies.js';
import type { AppResponse } from './request-state.js';

/** What an endpoint sees of a request. */
export function endpointRequest(request: Request, response: AppResponse, form: Form): EndpointRequest {
  return {
    form,
    query: () => parseForm(queryOf(request.url)),
    cookie: (name) => cookieValue(request.headers.cookie, name),
    authorization: parseAuthorization(request.headers.authorization),
    address: clientAddress(request),
    header: (name) => request.get(name),
    context: response.locals.context,
    signal: closeSignal(response),
  };
}

/** Sends what an endpoint answered. */
export function sendEndpointResponse(response: AppResponse, answer: EndpointResponse): void {
  response.status(answer.status ?? 200);
  for (const [name, value] of Object.entries(answer.headers ?? {})) {
    response.set(name, typeof value === 'string' ? value : [...value]);
  }
  if (answer.body === undefined) response.end();
  else if (typeof answer.body === 'string') response.type(answer.contentType ?? 'application/json').send(answer.body);
  else response.json(answer.body);
}

function queryOf(url: string): string {
  const start = url.indexOf('?');
  return start === -1 ? '' : url.slice(start + 1);
}

function closeSignal(response: AppResponse): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) controller.abort();
  });
  return controller.signal;
}
