import type { TraceContext } from '@mandate/ports';
import type { Agreement } from '../agreement.js';

/** What a person is asked. */
export interface DeviceQuestion {
  /** By which the answer names it: the request's `decisionId`. */
  request: string;
  /** Absent for a person we do not know. */
  sub?: string;
  /** Who asks. */
  clientId: string;
  scopes: readonly string[];
  resources: readonly string[];
  agreement?: Agreement;
  /** What the client shows as well, so that the person sees that both are one. */
  bindingMessage?: string;
  /** How the person should prove who they are, the most wanted first. */
  acrValues: readonly string[];
  /** Epoch seconds. */
  expiresAt: number;
}

/**
 * What a call to a device needs of the request that it is for. Not whether its client still waits: a question that could
 * be taken back by hanging up would have been put all the same, and counted by nobody (docs/security.md P2).
 */
export type DeviceContext = TraceContext;

/** Port: how a person is reached. Their answer comes another way, by the request's name. */
export interface AuthenticationDevice {
  /**
   * Resolves when the question is on its way. Without a `sub` nobody is disturbed, and all else is the same: it takes as
   * long and fails alike, so that nobody learns by it whom we know.
   * @throws UpstreamError when the question cannot be put, OAuthError `invalid_binding_message` when that cannot be shown.
   */
  ask(question: DeviceQuestion, context: DeviceContext): Promise<void>;
}
