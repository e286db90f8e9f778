import type { Form } from '@mandate/oauth';
import type { Request } from 'express';
import type { EndpointRequest, EndpointResponse } from '../service.js';
import { clientAddress } from './client-address.js';
import type { AppResponse } from './request-state.js';

/** What an endpoint sees of a request. */
export function endpointRequest(request: Request, response: AppResponse, form: Form): EndpointRequest {
  return {
    form,
    authorization: request.headers.authorization,
    address: clientAddress(request),
    header: (name) => request.get(name),
    context: response.locals.context,
    signal: closeSignal(response),
  };
}

/** Sends what an endpoint answered. */
export function sendEndpointResponse(response: AppResponse, answer: EndpointResponse): void {
  response.status(answer.status ?? 200).set(answer.headers ?? {});
  if (answer.body === undefined) response.end();
  else if (typeof answer.body === 'string') response.type(answer.contentType ?? 'application/json').send(answer.body);
  else response.json(answer.body);
}

function closeSignal(response: AppResponse): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) controller.abort();
  });
  return controller.signal;
}
