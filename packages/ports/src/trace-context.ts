/** What of a request goes on to every upstream that is asked for it. */
export interface TraceContext {
  /** Sent as `X-ForgeRock-TransactionId`. */
  transactionId: string;
  /** W3C Trace Context; `undefined` where the caller traces nothing. */
  traceparent: string | undefined;
}

/** The headers by which an upstream's log and traces are found from ours. */
export function traceHeaders({ transactionId, traceparent }: TraceContext): Record<string, string> {
  return { 'X-ForgeRock-TransactionId': transactionId, ...(traceparent !== undefined && { traceparent }) };
}

/** The trace of a `traceparent` that is well-formed, as logs name it (W3C Trace Context section 3.2.2.3). */
export function traceIdOf(traceparent: string | undefined): string | undefined {
  return traceparent?.split('-')[1];
}
