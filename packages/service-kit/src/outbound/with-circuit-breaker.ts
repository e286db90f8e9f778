import type { HttpClient } from '@mandate/ports';
import type { CircuitBreaker } from './circuit-breaker.js';

/** Not 500: AM and OPA answer it to a question they cannot digest, and one such question must not open the circuit. */
const TROUBLED_STATUS: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** A client whose server is left alone while its circuit is open: no answer in time counts, and 429, 502, 503, 504. */
export function withCircuitBreaker(http: HttpClient, breaker: CircuitBreaker): HttpClient {
  const isTrouble = ({ status }: { status: number }): boolean => TROUBLED_STATUS.has(status);
  return {
    send: (request) => breaker.run(() => http.send(request), { isTrouble, signal: request.signal }),
  };
}
