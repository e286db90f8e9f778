import type { Caller } from '@mandate/clients';
import type { Form } from '@mandate/oauth';
import type { Origin, PolicyContext } from '@mandate/policy';
import type { DecisionRecord, Findings } from '../record/decision-record.js';
import type { Checked } from '../rules/checked.js';
import type { Parties, Question, Terms } from './question.js';

/** A request as its grant reads it: the question as soon as its parties are verified. */
export interface Inquiry {
  origin: Origin;
  caller: Caller;
  terms: Terms;
  /** Each check on the way goes on the record. @throws UpstreamError when an issuer's keys cannot be had. */
  readParties(record: DecisionRecord): Promise<Parties>;
  /**
   * Uses up what may be used once, when everything else permits and a token is about to be issued; absent: nothing is.
   * Without `spend` it looks, and uses nothing.
   * @throws UpstreamError when it cannot be told whether it was used before.
   */
  useUp?(question: Question, use: { spend: boolean }): Promise<Checked>;
  /**
   * The person is to be asked before anything is issued: what has then to be decided, by what the first permit found.
   * `assumed`: as if they had agreed to exactly that, without asking anybody. Absent: the permit is the last word.
   */
  afterPermit?(found: Partial<Findings>, answer: 'asked' | 'assumed'): Inquiry;
  /** What upstreams are told of the request. */
  context: Omit<PolicyContext, 'subjectToken'>;
}

/** Who asks, and how long they would wait for a person: seconds, 0 for not at all. */
export interface AskedBy extends Pick<Inquiry, 'caller' | 'context'> {
  waitSeconds: number;
  /** Told when the call is to wait for a person, for how many seconds at most. */
  onHeld(waitSeconds: number): void;
}

/**
 * One `grant_type` of this service, which is no more than a reading of a form: a file in `grants/` and a line in
 * `compose.ts`. To decide, to write down, to issue and to explain are the same for all of them.
 */
export interface DelegationGrant {
  grantType: string;
  /** @throws OAuthError for a form that is none of this grant. */
  read(form: Form, by: AskedBy): Inquiry;
}
