import { UpstreamError, type UpstreamFailure } from '@mandate/ports';
import { codeOf, systemCode } from '../driver-error.js';

const STORE = 'clients:ldap';

/** What the result codes of RFC 4511 appendix A.2 mean for whoever looks for a client; any other is `refused`. */
const FAILURES: Readonly<Record<number, [UpstreamFailure, string]>> = {
  3: ['timeout', 'the time limit of the directory'],
  4: ['refused', 'the size limit of the directory'],
  8: ['refused', 'the directory wants stronger authentication'],
  10: ['refused', 'a referral: name the server that has the entries'],
  13: ['refused', 'the directory wants TLS'],
  32: ['refused', 'no such base, or it may not be seen'],
  48: ['refused', 'the account cannot bind so'],
  49: ['refused', 'the account or its password is wrong'],
  50: ['refused', 'the account may not read there'],
  51: ['overloaded', 'the directory is busy'],
  52: ['unreachable', 'the directory is not available'],
};

/** The code of an answer of the directory; `undefined`: there was none. */
export function resultCode(error: unknown): number | undefined {
  const code = codeOf(error);
  return typeof code === 'number' ? code : undefined;
}

/** A failure of the driver as one of ours: its messages carry names and values of entries. */
export function ldapFailure(error: unknown): UpstreamError {
  if (error instanceof UpstreamError) return error;
  const code = resultCode(error);
  if (code !== undefined) return new UpstreamError(STORE, ...(FAILURES[code] ?? ['refused', `result code ${code}`]));
  return new UpstreamError(STORE, 'unreachable', systemCode(error));
}

/** The directory did not answer in time. */
export function ldapTimeout(): never {
  throw new UpstreamError(STORE, 'timeout');
}
