import { randomBytes, randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import type { Request } from 'express';
import { traceIdOf } from '@mandate/ports';
import type { Logger } from '../observe/logger.js';
import type { AppResponse } from './request-state.js';

export interface RequestContextOptions {
  logger: Logger;
  trustTransactionId: boolean;
  draining: () => boolean;
  /** Called once it is sent or given up. */
  record(request: Request, response: AppResponse, milliseconds: number): void;
}

const TRANSACTION_ID = /^[\w.:/-]{1,128}$/;
const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})$/;

/** Gives a request its context: a transaction id, the caller's trace continued, a logger that carries both. */
export function createRequestContext(options: RequestContextOptions) {
  return (request: Request, response: AppResponse): void => {
    const started = performance.now();
    const transactionId = transactionIdOf(request, options.trustTransactionId);
    const traceparent = continueTrace(request.get('traceparent'));
    const traceId = traceIdOf(traceparent);
    const log = options.logger.child({ transactionId, traceId });
    // In place of the object of Express, which has no shape (V8), and every access to it a price.
    response.locals = {
      context: { transactionId, traceparent, log },
      route: 'other',
      segment: undefined,
      quiet: false,
      draining: options.draining,
      held: false,
      caller: undefined,
      error: undefined,
    };
    response.once('close', () => options.record(request, response, performance.now() - started));
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
