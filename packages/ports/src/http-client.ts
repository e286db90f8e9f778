/** What an adapter asks of the outbound HTTP client that service-kit makes. Sizes in bytes, times in milliseconds. */
export interface HttpRequest {
  method: 'GET' | 'POST';
  /** `http:`, `https:`, or `http+unix://%2Frun%2Fa.sock/path` for HTTP over a Unix socket. */
  url: string;
  /** The URL came out of an answer, not out of configuration: https to a public address, or a listed host (K4). */
  learned?: boolean;
  headers?: Readonly<Record<string, string>>;
  body?: string;
  /** It only asks, so that it may be sent again where a kept connection turns out to be gone. Default: whether it is a GET. */
  repeatable?: boolean;
  /** Bounds the whole exchange, connection and body included. */
  timeoutMs?: number;
  /** Of the body. Default 1 MiB. */
  maxResponseBytes?: number;
  signal?: AbortSignal;
}

export interface HttpResponse {
  status: number;
  /** Lower-cased names. */
  headers: Readonly<Record<string, string>>;
  body: string;
}

/**
 * Sends a request without following redirects. Resolves with any status;
 * rejects with {@link UpstreamError} when there is no complete answer within the limits.
 */
export interface HttpClient {
  send(request: HttpRequest): Promise<HttpResponse>;
}
