import type { Identity } from '@mandate/oauth';
import type { AgreedActor } from '../agreement.js';

/** Who may act for whom, as agreed: the root of the life of every token that carries its identifier. Epoch seconds. */
export interface Delegation {
  /** The `authGrantId` of its tokens. */
  id: string;
  subject: Identity;
  actor: AgreedActor;
  /** The client that asked for it and has its tokens. */
  clientId: string;
  /** The issuer that names it, where it is no client of our own. */
  clientIssuer?: string;
  scopes: readonly string[];
  locations: readonly string[];
  purpose?: string;
  created: number;
  /** No token of it lives longer; the record is dropped then. */
  until: number;
  /** How many exchanges there may be. Absent: any number. */
  uses?: number;
  /** How many there were, where they are counted. */
  used: number;
  origin: 'ciba' | 'exchange';
  /** When it was ended before its time. */
  ended?: number;
}

/** Somebody at one issuer, or at every one. */
export interface PossibleIdentity {
  sub: string;
  iss?: string | undefined;
}

/** A client: of our own, or of another issuer, which may have given the same id to somebody else. */
type NamedClient = Pick<Delegation, 'clientId' | 'clientIssuer'>;

/** Whose delegations: those of one subject or actor, or of one client, which may have its tokens or be the actor. */
export type DelegationQuery = { subject: PossibleIdentity } | { actor: PossibleIdentity } | NamedClient;

export interface DelegationPage {
  delegations: Delegation[];
  /** Where the next page begins. Absent: this was the last. */
  cursor?: string;
}

/** `recorded` is also said of one that was before, and lasts. */
export type RecordOutcome = 'recorded' | 'ended';

export type SpendOutcome = 'spent' | 'used_up' | 'ended' | 'unknown';

/**
 * Port: the delegations, the same for every replica. Every method @throws UpstreamError, and OAuthError
 * `invalid_request` for what is too large to keep.
 */
export interface DelegationStore {
  /** Once: of one that is known by its identifier no more changes than that it lasts longer; ended, it stays ended. */
  record(delegation: Delegation): Promise<RecordOutcome>;
  /** Also one that was ended, until its time is over. */
  find(id: string): Promise<Delegation | undefined>;
  /** The ones that last longest first, `limit` a page (default 100). Nothing comes after a cursor that is over. */
  list(query: DelegationQuery, page?: { cursor?: string | undefined; limit?: number }): Promise<DelegationPage>;
  /** Uses it once, however many ask at once: no more than `uses` are ever told `spent`. */
  spend(id: string): Promise<SpendOutcome>;
  /** Marks it as ended, once. What ends its tokens is the revocation of its identifier. */
  end(id: string): Promise<void>;
}
