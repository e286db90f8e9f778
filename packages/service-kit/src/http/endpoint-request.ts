import { parseAuthorization, parseForm } from '@mandate/oauth';
import type { Request } from 'express';
import type { EndpointRequest } from '../service.js';
import { clientAddress } from './client-address.js';
import { clientCertificate } from './client-certificate.js';
import { cookieValue } from './cookies.js';
import type { AppResponse } from './request-state.js';

/**
 * What an endpoint sees of a request; its address and its signal are made when they are asked for. By functions: getters
 * of an object made for each request would be kept with all they know until the next full garbage collection (V8).
 */
export function endpointRequest(
  request: Request,
  response: AppResponse,
  { form, json }: Pick<EndpointRequest, 'form' | 'json'>,
): EndpointRequest {
  let address: string | undefined;
  let signal: AbortSignal | undefined;
  return {
    form,
    json,
    segment: response.locals.segment,
    query: () => parseForm(queryOf(request.url)),
    cookie: (name) => cookieValue(request.headers.cookie, name),
    authorization: parseAuthorization(request.headers.authorization),
    address: () => (address ??= clientAddress(request)),
    certificate: () => clientCertificate(request),
    header: (name) => request.get(name),
    context: response.locals.context,
    signal: () => (signal ??= closeSignal(response)),
    onHeld: () => {
      response.locals.held = true;
    },
    onCaller: (caller) => {
      response.locals.caller = caller;
    },
  };
}

function queryOf(url: string): string {
  const start = url.indexOf('?');
  return start === -1 ? '' : url.slice(start + 1);
}

function closeSignal(response: AppResponse): AbortSignal {
  const controller = new AbortController();
  const abort = (): void => {
    if (!response.writableFinished) controller.abort();
  };
  // Whoever asks late must not wait for a caller that is gone.
  if (response.closed) abort();
  else response.once('close', abort);
  return controller.signal;
}
