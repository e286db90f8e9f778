/** What went wrong with a dependency. A closed set: it is a metric label and a log field. */
export type UpstreamFailure =
  'unreachable' | 'timeout' | 'status' | 'too_large' | 'malformed' | 'refused' | 'overloaded';

/**
 * A dependency failed: raised by adapters only, answered with 503 `temporarily_unavailable`.
 * Carries no driver or HTTP library error, since those hold tokens and keys.
 */
export class UpstreamError extends Error {
  readonly dependency: string;
  readonly failure: UpstreamFailure;
  /** What the log may say: never a token, a URL with credentials, or a body. */
  readonly detail: string | undefined;

  constructor(dependency: string, failure: UpstreamFailure, detail?: string) {
    super(`${dependency}: ${failure}`);
    this.name = 'UpstreamError';
    this.dependency = dependency;
    this.failure = failure;
    this.detail = detail;
  }
}
