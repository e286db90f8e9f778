import type { UpstreamFailure } from '@mandate/ports';
import { AxiosError, isCancel } from 'axios';
import { GuardError } from './url-guard.js';

const TIMEOUT_CODES = new Set(['ECONNABORTED', 'ETIMEDOUT', 'ERR_CANCELED', 'ESOCKETTIMEDOUT']);
const ERROR_CODE = /^[A-Z][A-Z0-9_]{1,48}$/;

/** What an HTTP library error says about the dependency: a kind and an error code, nothing of the request. */
export function upstreamFailure(error: unknown): { failure: UpstreamFailure; detail?: string } {
  const causes = causesOf(error);
  const guard = causes.find((cause) => cause instanceof GuardError);
  if (guard !== undefined) return { failure: 'refused', detail: guard.message };
  const codes = causes.map(codeOf).filter((code) => code !== undefined);
  const detail = codes[0] === undefined ? {} : { detail: codes[0] };
  if (isCancel(error) || codes.some((code) => TIMEOUT_CODES.has(code))) return { failure: 'timeout', ...detail };
  if (error instanceof AxiosError && error.message.startsWith('maxContentLength')) return { failure: 'too_large' };
  if (codes.some((code) => code.startsWith('HPE_'))) return { failure: 'malformed', ...detail };
  return { failure: 'unreachable', ...detail };
}

function causesOf(error: unknown): Error[] {
  const causes: Error[] = [];
  for (let cause = error; cause instanceof Error && causes.length < 5; cause = cause.cause) causes.push(cause);
  return causes;
}

function codeOf(error: Error): string | undefined {
  const code: unknown = 'code' in error ? error.code : undefined;
  return typeof code === 'string' && ERROR_CODE.test(code) ? code : undefined;
}
