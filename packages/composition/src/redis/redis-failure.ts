import { UpstreamError } from '@mandate/ports';

/**
 * A failure of the driver as one of ours. Only the error code that an answer of Redis begins with survives, such as
 * `WRONGTYPE`: messages and fields of driver errors carry keys and arguments (docs/security.md S5, TX-71).
 */
export function redisFailure(error: unknown): UpstreamError {
  if (error instanceof UpstreamError) return error;
  if (!(error instanceof Error)) return new UpstreamError('redis', 'unreachable');
  if (error.name === 'ReplyError') return new UpstreamError('redis', 'refused', answerCode(error.message));
  return new UpstreamError('redis', error.message === 'Command timed out' ? 'timeout' : 'unreachable');
}

/** An error inside a script is told as `ERR` by older servers, with the code that counts behind it. */
function answerCode(message: string): string | undefined {
  return /\bWRONGTYPE\b/.exec(message)?.[0] ?? /^[A-Z]{2,16}(?= )/.exec(message)?.[0];
}
