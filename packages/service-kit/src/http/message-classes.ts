import type * as http from 'node:http';
import type { Express } from 'express';
import { IncomingMessage, ServerResponse } from './node-http.js';

type MessageClasses = Pick<http.ServerOptions, 'IncomingMessage' | 'ServerResponse'>;

/**
 * What a server makes its requests and responses of, so that they have the prototypes of the application from the start:
 * Express else changes those of each, after which Node's own code for them is twice as slow (measured on Node 20).
 */
export function messageClasses(app: Express): MessageClasses {
  /* eslint-disable no-restricted-syntax -- Node makes its messages of classes */
  class AppRequest extends IncomingMessage {}
  class AppResponse<R extends http.IncomingMessage = http.IncomingMessage> extends ServerResponse<R> {}
  /* eslint-enable no-restricted-syntax */
  app.request = Object.setPrototypeOf(AppRequest.prototype, app.request) as Express['request'];
  app.response = Object.setPrototypeOf(AppResponse.prototype, app.response) as Express['response'];
  return { IncomingMessage: AppRequest, ServerResponse: AppResponse };
}
