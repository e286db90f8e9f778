import type { Identity } from '@mandate/oauth';

/** One decision, as it is kept. Closed: identities, names and numbers, never a token, a secret or another claim. */
export interface AuditEvent {
  /**
   * `shadow`: the policies listed aside decided otherwise; the answer to the client does not show it. The last four: what
   * became of a person's word (docs/people.md).
   */
  event:
    'exchange' | 'explain' | 'shadow' | 'person_asked' | 'person_answered' | 'delegation_started' | 'delegation_ended';
  /** Epoch seconds. */
  time: number;
  transactionId: string;
  traceId?: string | undefined;
  /** How the question, or the delegation, came about: `token_exchange`, `user_assertion`, `act_as`, `ciba`. */
  origin?: string | undefined;
  /** The client that asked. */
  client: string;
  /** The issuer that names it, where it is no client of our own: two may have given one id to two. */
  clientIssuer?: string | undefined;
  subject?: Identity | undefined;
  /** `iss` where it is known. */
  actor?: { sub: string; iss?: string | undefined } | undefined;
  /** The actors the subject token brought along, newest first; `iss` where the token carried it. */
  chain?: readonly { sub: string; iss?: string }[] | undefined;
  targets: readonly string[];
  /** `client`: the request named none, and these are the `defaultTargets` of the client's record. */
  targetsFrom?: 'client' | undefined;
  scopes: readonly string[];
  grantedScopes?: readonly string[] | undefined;
  backend?: string | undefined;
  rule?: string | undefined;
  /** The policy backend's own name for the decision: `decision_id` of OPA. */
  decisionId?: string | undefined;
  /** What the policy backend says of the instance that decided: the labels of OPA. */
  decisionLabels?: Readonly<Record<string, string>> | undefined;
  verdict: 'permit' | 'deny' | 'error';
  reason?: string | undefined;
  /** What is wrong with a token that is refused as invalid: `expired`, `unknown_issuer`. */
  cause?: string | undefined;
  /** Of a `shadow` event: who would have decided, how, and what differs; claims by name. */
  shadowBackend?: string | undefined;
  shadowVerdict?: string | undefined;
  differences?: readonly string[] | undefined;
  differingClaims?: readonly string[] | undefined;
  /** `jti` and `anc` of what was issued. */
  jti?: string | undefined;
  anc?: readonly string[] | undefined;
  /** The delegation that it is about, the `authGrantId` of its tokens. */
  delegation?: string | undefined;
  latencyMs: number;
}

/** Where decisions are written down, in the order they were handed in (docs/delegation.md section 8). */
export interface AuditSink {
  /**
   * Resolves when the operating system has the event; never before, however long that takes.
   * @throws UpstreamError `audit` when it is not written, `overloaded` at once when too many wait; the next event that is
   * written says how many were not.
   */
  record(event: AuditEvent): Promise<void>;
  /** After a failure, tries to write again. @throws UpstreamError while that fails. */
  check?(): Promise<void>;
  /** Writes what waits and then the closing event, so that a cut end shows. */
  close?(): Promise<void>;
}
