import type { TraceContext } from '@mandate/ports';
import type { Agreement } from '../agreement.js';

/** What a person is asked. */
export interface ConsentQuestion {
  /** Whom to ask, as the caller says it. */
  loginHint: string;
  agreement: Agreement;
  /** What the person can tell this request from others by. */
  bindingMessage?: string | undefined;
}

/** A question that waits for its person; its times are in seconds. */
export interface PutQuestion {
  authReqId: string;
  expiresIn: number;
  /** Between two polls. */
  interval: number;
}

/**
 * What a poll brought; `unknown` also of one that was answered before. `interval`: seconds between two polls from now
 * on, where that is told.
 */
export type ConsentAnswer =
  | { kind: 'pending' | 'slow_down'; interval?: number | undefined }
  | { kind: 'denied' | 'expired' | 'unknown' }
  | { kind: 'given'; token: string };

/** What of a request goes on to whoever asks the person. */
export interface ConsentContext extends TraceContext {
  /** Aborts when nobody waits for the answer any more; made when it is asked for. */
  signal: () => AbortSignal;
}

/**
 * Port: whoever asks people whether somebody may act for them, by OpenID CIBA in mode poll.
 *
 * @example
 * const { authReqId } = await consent.ask({ loginHint: 'alice', agreement }, context);
 * const answer = await consent.poll(authReqId, context);
 * if (answer.kind === 'given') use(answer.token);
 */
export interface Consent {
  /**
   * @throws OAuthError for what cannot be asked, and `slow_down` (429) while the person has been asked too often.
   * @throws UpstreamError when nobody can be asked; the person may have been.
   */
  ask(question: ConsentQuestion, context: ConsentContext): Promise<PutQuestion>;
  /** The token of a consent is told once. @throws UpstreamError when it cannot be told what the person said. */
  poll(authReqId: string, context: ConsentContext): Promise<ConsentAnswer>;
}
