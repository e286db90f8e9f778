import { OAuthError, errorDescription } from '@mandate/oauth';
import { type JsonObject, UpstreamError } from '@mandate/ports';
import type { NextFunction, Request } from 'express';
import type { AppResponse, RequestState } from './request-state.js';
import { sendAnswer } from './send-answer.js';

const RETRY_AFTER_SECONDS = '1';

/** The one place where an error becomes an answer (docs/architecture.md "One request, from socket to answer"). */
export function createErrorHandler() {
  // eslint-disable-next-line max-params, @typescript-eslint/no-unused-vars -- Express knows it by its four parameters
  return (error: unknown, _request: Request, response: AppResponse, _next: NextFunction): void => {
    const refusal = toOAuthError(error, response.locals);
    response.locals.error = refusal.code;
    if (response.headersSent) {
      response.destroy();
      return;
    }
    sendAnswer(response, { status: refusal.status, headers: refusal.headers, body: errorBody(refusal) });
  };
}

/** The body of an error answer, RFC 6749 section 5.2. */
function errorBody({ code, description, members }: OAuthError): JsonObject {
  return { error: code, error_description: errorDescription(description), ...members };
}

function toOAuthError(error: unknown, { caller, context: { log } }: RequestState): OAuthError {
  if (error instanceof OAuthError) {
    const detail = error.detail ?? errorDescription(error.description);
    log.info('refused', { error: error.code, detail, ...caller });
    return error;
  }
  if (error instanceof UpstreamError) {
    const { dependency, failure, detail } = error;
    log.error('dependency failed', { dependency, failure, detail, ...caller });
    const headers = { 'Retry-After': RETRY_AFTER_SECONDS };
    return new OAuthError('temporarily_unavailable', 'The service is temporarily unavailable', { headers });
  }
  log.error('unexpected error', { err: error, ...caller });
  return new OAuthError('server_error', 'The server met an unexpected condition');
}
