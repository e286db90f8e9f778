import { UpstreamError, type UpstreamFailure } from '@mandate/ports';
import { codeOf, nameOf, systemCode } from '../driver-error.js';

const STORE = 'clients:mongodb';

/** Error codes of the server; any other is `refused`. */
const CODES: Readonly<Record<number, [UpstreamFailure, string]>> = {
  13: ['refused', 'the account may not read there'],
  18: ['refused', 'the account or its password is wrong'],
  50: ['timeout', 'the time limit of the server'],
  91: ['unreachable', 'the server is shutting down'],
};

const TIMEOUTS = new Set([
  'AbortError',
  'TimeoutError',
  'MongoNetworkTimeoutError',
  'MongoOperationTimeoutError',
  'MongoWaitQueueTimeoutError',
]);

/** A failure of the driver as one of ours: its messages and fields carry addresses and documents. */
export function mongodbFailure(error: unknown): UpstreamError {
  if (error instanceof UpstreamError) return error;
  const code = codeOf(error);
  if (typeof code === 'number') return new UpstreamError(STORE, ...(CODES[code] ?? ['refused', `error code ${code}`]));
  if (TIMEOUTS.has(nameOf(error))) return new UpstreamError(STORE, 'timeout');
  return new UpstreamError(STORE, 'unreachable', causeOf(error));
}

/** The server did not answer in time. */
export function mongodbTimeout(): never {
  throw new UpstreamError(STORE, 'timeout');
}

/** The system error that the driver wrapped, a few layers deep. */
function causeOf(error: unknown, depth = 5): string | undefined {
  if (depth === 0 || typeof error !== 'object' || error === null) return undefined;
  return systemCode(error) ?? ('cause' in error ? causeOf(error.cause, depth - 1) : undefined);
}
