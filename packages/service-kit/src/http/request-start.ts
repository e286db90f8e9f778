import { randomBytes, randomUUID } from 'node:crypto';
import type { NextFunction, Request } from 'express';
import type { Logger } from '../observe/logger.js';
import type { AppResponse } from './request-state.js';

export interface RequestStartOptions {
  logger: Logger;
  trustTransactionId: boolean;
  draining: () => boolean;
  /** Holds each response until it is sent. */
  open: Set<AppResponse>;
}

const TRANSACTION_ID = /^[\w.:/-]{1,128}$/;
const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})$/;

/** Gives a request its context and every answer its headers: never stored, never sniffed, with its transaction id. */
export function createRequestStart(options: RequestStartOptions) {
  return (request: Request, response: AppResponse, next: NextFunction): void => {
    const transactionId = transactionIdOf(request, options.trustTransactionId);
    const traceparent = continueTrace(request.get('traceparent'));
    const traceId = traceparent?.split('-')[1];
    const log = options.logger.child({ transactionId, traceId });
    response.locals.context = { transactionId, traceparent, log };
    response.locals.route = 'other';
    response.locals.quiet = false;
    response.set({
      'Cache-Control': 'no-store',
      Pragma: 'no-cache',
      'X-Content-Type-Options': 'nosniff',
      'X-ForgeRock-TransactionId': transactionId,
    });
    options.open.add(response);
    response.once('close', () => options.open.delete(response));
    if (options.draining()) response.set('Connection', 'close');
    next();
  };
}

function transactionIdOf(request: Request, trusted: boolean): string {
  const given = trusted ? request.get('x-forgerock-transactionid') : undefined;
  return given !== undefined && TRANSACTION_ID.test(given) ? given : randomUUID();
}

/** The caller's trace with a new span of ours (W3C Trace Context level 1); `undefined` without a valid one. */
function continueTrace(traceparent: string | undefined): string | undefined {
  const [, traceId, flags] = TRACEPARENT.exec(traceparent ?? '') ?? [];
  if (traceId === undefined || flags === undefined) return undefined;
  return `00-${traceId}-${randomBytes(8).toString('hex')}-${flags}`;
}
