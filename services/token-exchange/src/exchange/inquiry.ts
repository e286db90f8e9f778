import type { Caller } from '@mandate/clients';
import type { PolicyContext } from '@mandate/policy';
import type { DecisionRecord } from '../record/decision-record.js';
import type { Origin, Parties, Terms } from './question.js';

/** A request as its grant reads it: the question as soon as its parties are verified. */
export interface Inquiry {
  origin: Origin;
  caller: Caller;
  terms: Terms;
  /** Each check on the way goes on the record. @throws UpstreamError when an issuer's keys cannot be had. */
  readParties(record: DecisionRecord): Promise<Parties>;
  /** What upstreams are told of the request. */
  context: Omit<PolicyContext, 'subjectToken'>;
}
