import type { Agreement } from '../agreement.js';

/** A request that waits for a person (OpenID CIBA Core 1.0 section 7). Times are epoch seconds. */
export interface BackchannelRequest {
  /** SHA-256 of the `auth_req_id` in base64url: the identifier itself is not kept, unless the client is to be pinged. */
  id: string;
  /** What devices and the decision endpoint name it by. */
  decisionId: string;
  clientId: string;
  /** By whom open requests are counted: the `sub`, else the hint, each however it is spelled. */
  person: string;
  /** Absent for a person we do not know: never asked, and expires like one who does not answer. */
  sub?: string;
  scopes: readonly string[];
  agreement?: Agreement;
  resources: readonly string[];
  bindingMessage?: string;
  created: number;
  expiresAt: number;
  /** Seconds between two polls. */
  interval: number;
  /** In mode ping: with what the client knows us, and what it is told (CIBA Core 1.0 section 10.2). */
  notificationToken?: string;
  authReqId?: string;
}

/** What a person answered, and how they proved who they are. */
export interface BackchannelDecision {
  approve: boolean;
  sub: string;
  acr?: string;
  amr?: readonly string[];
  /** Epoch seconds. */
  authTime?: number;
}

export type DecideOutcome = 'decided' | 'unknown' | 'other_person' | 'decided_before' | 'expired';

/** `interval` in seconds. `unknown` is also said of a request of another client. */
export type PollOutcome =
  | { kind: 'pending' | 'slow_down'; interval: number }
  | { kind: 'denied' | 'expired' | 'unknown' }
  | { kind: 'approved'; request: BackchannelRequest; decision: BackchannelDecision };

/**
 * How many places a person has for requests that they have not said yes to: for those of all clients, and of one, so that
 * no client keeps others out.
 */
export interface OpenRequestLimits {
  maxOpen: number;
  maxOpenOfClient: number;
}

/** `freeAt`: when there is a place again for certain, epoch seconds; a yes gives one back sooner. */
export type AddOutcome = { kind: 'added' } | { kind: 'too_many'; freeAt: number };

/**
 * Port: the requests that wait for a person, the same for every replica. Every method @throws UpstreamError, and OAuthError
 * `invalid_request` for what is too large to keep.
 */
export interface BackchannelRequestStore {
  /**
   * Keeps it, unless the person has no place for it. A request has its place until the person says yes, else for ten
   * minutes, and longer while it waits: whoever is told no, or nothing, cannot go on asking until the person gives in.
   */
  add(request: BackchannelRequest, limits: OpenRequestLimits): Promise<AddOutcome>;
  /** The request as it was added; `undefined` when it is used up or forgotten. */
  findByDecisionId(decisionId: string): Promise<BackchannelRequest | undefined>;
  /** Forgets one that could not be shown to its person. */
  remove(decisionId: string): Promise<void>;
  /** Once, before expiry, by the person that was asked. */
  decide(decisionId: string, decision: BackchannelDecision): Promise<DecideOutcome>;
  /**
   * What to answer a client that polls. One that comes early is told to slow down, and its interval grows by five
   * seconds and stays so (CIBA Core 1.0 section 11). `approved` is answered once, and the request is `unknown` after,
   * unless `attempt`, a name of this poll alone, is taken back.
   */
  poll(id: string, clientId: string, attempt?: string): Promise<PollOutcome>;
  /** Keeps the answer for another poll, where this attempt got it, or may have got it, and the client nothing for it. */
  takeBack(id: string, attempt: string): Promise<void>;
}
