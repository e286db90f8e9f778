import type { Caller } from '@mandate/clients';
import type { PolicyContext } from '@mandate/policy';
import type { TokenVerifier } from '@mandate/token';
import type { DecisionRecord } from '../record/decision-record.js';
import { checkDistinctTokens } from '../rules/actor.js';
import { checkDeclaredType } from '../rules/declared-type.js';
import { verifyPresentedToken } from '../rules/presented-tokens.js';
import { findSubjectReader, type SubjectReader } from '../subject-readers/subject-reader.js';
import type { TokenTypeCheckSettings } from '../token-type-check-config.js';
import type { ExchangeRequest } from './exchange-request.js';
import type { Inquiry } from './inquiry.js';
import type { Parties, Party } from './question.js';

/** Who knows whether a presented token is good, and what must be so of its type. */
export interface TokenReading {
  verifier: TokenVerifier;
  /** Of subject tokens that are no JWTs; none: those are refused. */
  subjectReaders: readonly SubjectReader[];
  /** `ims`: a token may be declared as another type than it is. */
  tokenTypeCheck: TokenTypeCheckSettings['TOKEN_TYPE_CHECK'];
}

/** A token exchange (RFC 8693) as a question: its parties are whom the presented tokens are about. */
export function readExchange(
  request: ExchangeRequest,
  { caller, context }: { caller: Caller; context: Omit<PolicyContext, 'subjectToken'> },
  reading: TokenReading,
): Inquiry {
  const { terms } = request;
  const readParties = (record: DecisionRecord): Promise<Parties> =>
    readPresentedTokens(request, { caller, context, record }, reading);
  return { origin: 'token_exchange', caller, terms, readParties, context };
}

async function readPresentedTokens(
  request: ExchangeRequest,
  { caller, context, record }: Pick<Inquiry, 'caller' | 'context'> & { record: DecisionRecord },
  { verifier, subjectReaders, tokenTypeCheck }: TokenReading,
): Promise<Parties> {
  const { pass } = record;
  const { subject: presented, actor: presentedActor, terms } = request;
  pass('distinct_tokens', checkDistinctTokens(request));
  const subjectReading = { presented, requestedTokenType: terms.requestedTokenType, caller, context };
  const reader = findSubjectReader(subjectReaders, subjectReading);
  const subjectVerifier = reader ? { verify: () => reader.read(subjectReading) } : verifier;
  const subject = pass('subject_token', await verifyPresentedToken('subject', presented, subjectVerifier));
  let actor: Party | undefined;
  if (presentedActor) actor = pass('actor_token', await verifyPresentedToken('actor', presentedActor, verifier));
  if (tokenTypeCheck === 'strict') {
    pass('subject_token_type', checkDeclaredType('subject', presented, subject));
    if (presentedActor && actor) pass('actor_token_type', checkDeclaredType('actor', presentedActor, actor));
  }
  return { subject, actor, received: { ...presented, readBy: reader?.name }, reader };
}
