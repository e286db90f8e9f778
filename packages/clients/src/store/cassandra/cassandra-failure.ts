import { UpstreamError, type UpstreamFailure } from '@mandate/ports';
import { codeOf, nameOf, systemCode } from '../driver-error.js';

const STORE = 'clients:cassandra';

/** Error codes of the native protocol, version 4, section 9; any other is `refused`. */
const CODES: Readonly<Record<number, [UpstreamFailure, string]>> = {
  0x0100: ['refused', 'the account or its password is wrong'],
  0x1000: ['unreachable', 'too few replicas for the consistency'],
  0x1001: ['overloaded', 'the node is overloaded'],
  0x1002: ['unreachable', 'the node is starting'],
  0x1200: ['timeout', 'the replicas were too slow'],
  0x2100: ['refused', 'the account may not read there'],
  0x2200: ['refused', 'no such keyspace, table or column'],
};

/** Errors of the driver, by name. */
const NAMES: Readonly<Record<string, [UpstreamFailure, string?]>> = {
  AuthenticationError: ['refused', 'the account or its password is wrong'],
  ArgumentError: ['refused', 'the driver cannot use these hosts: is the local data centre theirs?'],
  OperationTimedOutError: ['timeout'],
  BusyConnectionError: ['overloaded'],
};

/** A failure of the driver as one of ours: its messages and fields carry queries and their values. */
export function cassandraFailure(error: unknown): UpstreamError {
  if (error instanceof UpstreamError) return error;
  return failureOf(error) ?? innerErrors(error).map(failureOf).find(Boolean) ?? new UpstreamError(STORE, 'unreachable');
}

/** The cluster did not answer in time. */
export function cassandraTimeout(): never {
  throw new UpstreamError(STORE, 'timeout');
}

function failureOf(error: unknown): UpstreamError | undefined {
  const failure = NAMES[nameOf(error)];
  if (failure !== undefined) return new UpstreamError(STORE, ...failure);
  const code = codeOf(error);
  if (typeof code === 'number') return new UpstreamError(STORE, ...(CODES[code] ?? ['refused', `error code ${code}`]));
  const system = systemCode(error);
  return system === undefined ? undefined : new UpstreamError(STORE, 'unreachable', system);
}

/** What happened at each host, where none served. */
function innerErrors(error: unknown): unknown[] {
  if (typeof error !== 'object' || error === null || !('innerErrors' in error)) return [];
  const { innerErrors: errors } = error;
  return typeof errors === 'object' && errors !== null ? Object.values(errors) : [];
}
