import type { ChainedActor } from '@mandate/oauth';

/**
 * What is revoked. `token`: every token that has the identifier, descends from the token that has it, or belongs to the
 * grant that has it. The others are cut-offs: every token of theirs issued before `before`. `expiresAt` is when the
 * last token it could end has expired, and the entry is dropped. Times are epoch seconds.
 */
export type Revocation =
  | { kind: 'token'; id: string; expiresAt: number }
  | { kind: 'subject' | 'actor'; identity: ChainedActor; before: number; expiresAt: number }
  | { kind: 'client'; clientId: string; before: number; expiresAt: number };

/** All that could have ended one token, made by `revocationQuestionOf`. Names are made by `revocation-names.ts`. */
export interface RevocationQuestion {
  /** Names of the token, of its ancestors and of its grant. */
  ids: readonly string[];
  /** Names under which a cut-off could stand. */
  cutOffs: readonly string[];
  /** `iat`. A token that does not say when it was issued was issued before every cut-off. */
  issuedAt: number | undefined;
}

/** Port: what has been revoked, the same for every replica within one second (docs/security.md T23). */
export interface RevocationStore {
  /**
   * Records the revocations; visible to the next question. Repeating one never weakens it: the later cut-off and the
   * later expiry stand. @throws UpstreamError when it is not certain that all are recorded.
   */
  revoke(revocations: readonly Revocation[]): Promise<void>;
  /**
   * Whether any of the tokens is revoked, in one round trip however long their lineage is.
   * @throws UpstreamError when that cannot be told, also for an entry that cannot be read (docs/security.md S4).
   */
  isAnyRevoked(questions: readonly RevocationQuestion[]): Promise<boolean>;
}
