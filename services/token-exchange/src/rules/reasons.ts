import { OAuthError, type OAuthErrorCode } from '@mandate/oauth';
import type { Origin } from '@mandate/policy';

/** What the wire says: the code of RFC 8693 section 2.2.2, and a sentence that does not tell which rule was met. */
interface WireAnswer {
  code: OAuthErrorCode;
  description: string;
  /** Where it is not the usual one of the code. */
  status?: number;
}

const badSubject: WireAnswer = { code: 'invalid_request', description: 'The subject token is not acceptable' };
const badActor: WireAnswer = { code: 'invalid_request', description: 'The actor token is not acceptable' };
const badToken: WireAnswer = { code: 'invalid_request', description: 'A token is not acceptable' };
const badAssertion: WireAnswer = { code: 'invalid_grant', description: 'The assertion is not acceptable' };
const notAllowed: WireAnswer = { code: 'invalid_request', description: 'The exchange is not allowed' };

/**
 * The rules of docs/delegation.md by their stable reason codes, which are log field, metric label and line of an
 * explanation, each with its answer on the wire.
 */
const REFUSALS = {
  caller_lacks_scope: { code: 'insufficient_scope', description: 'The caller lacks the scope of this grant' },
  grant_type_not_allowed: { code: 'unauthorized_client', description: 'The client may not use this grant type' },
  certificate_missing: { code: 'invalid_request', description: 'The client shows no certificate' },
  subject_token_invalid: badSubject,
  actor_token_invalid: badActor,
  assertion_invalid: badAssertion,
  assertion_not_trusted: badAssertion,
  assertion_subject_not_allowed: badAssertion,
  assertion_wrong_audience: badAssertion,
  assertion_replayed: badAssertion,
  token_type_mismatch: { code: 'invalid_request', description: 'A token is not of its declared type' },
  same_token: notAllowed,
  actor_chain_splicing: badActor,
  actor_is_subject: notAllowed,
  actor_not_bound_to_caller: badActor,
  may_act_malformed: notAllowed,
  may_act_mismatch: notAllowed,
  actor_not_allowed: notAllowed,
  act_as_not_allowed: notAllowed,
  may_not_ask_subject: notAllowed,
  auth_req_id_invalid: { code: 'invalid_grant', description: 'The auth_req_id is not acceptable' },
  subject_denied: { code: 'access_denied', description: 'The person did not agree', status: 400 },
  subject_did_not_answer: { code: 'expired_token', description: 'The person did not answer in time' },
  no_delegation_grant: notAllowed,
  impersonation_not_allowed: notAllowed,
  act_malformed: badSubject,
  act_not_trusted: badSubject,
  chain_too_deep: notAllowed,
  chain_loop: notAllowed,
  sender_constrained: badSubject,
  caller_not_in_audience: notAllowed,
  lineage_too_long: notAllowed,
  ancestor_revoked: badToken,
  outside_agreement: notAllowed,
  delegation_ended: badToken,
  delegation_used_up: notAllowed,
  scope_not_allowed: { code: 'invalid_scope', description: 'The requested scope is not allowed' },
  scope_ceiling_empty: { code: 'invalid_scope', description: 'No scope is allowed' },
  no_target: { code: 'invalid_target', description: 'The request names no target' },
  no_policy_applies: { code: 'invalid_target', description: 'A requested target is not allowed' },
  policy_denied: notAllowed,
  ambiguous_targets: { code: 'invalid_target', description: 'The requested targets need a request each' },
  policy_conflict: { code: 'server_error', description: 'The policy contradicts itself' },
  token_too_large: { code: 'server_error', description: 'The policy makes a token that is too large' },
  lifetime_exhausted: badSubject,
  token_unacceptable: {
    code: 'invalid_request',
    description: 'The token would be accepted nowhere: ask for fewer scopes or audiences',
  },
} as const satisfies Record<string, WireAnswer>;

export type Reason = keyof typeof REFUSALS;

export const REASONS = Object.keys(REFUSALS);

/** Where an assertion stands for the tokens of an exchange, these are about the assertion. */
const OF_TOKENS: readonly WireAnswer[] = [badSubject, badActor, badToken];

/**
 * The error a refusal is answered with; that of a bad assertion is `invalid_grant` (RFC 7521 section 4.1.1). The reason,
 * and what of a token is its cause, are for log and explain only.
 */
export function refusalError(
  reason: Reason,
  {
    origin = 'token_exchange',
    cause,
    headers = {},
  }: { origin?: Origin; cause?: string | undefined; headers?: Readonly<Record<string, string>> | undefined } = {},
): OAuthError {
  const answer: WireAnswer = REFUSALS[reason];
  const isAssertion = origin === 'user_assertion' || origin === 'act_as';
  const { code, description, status } = isAssertion && OF_TOKENS.includes(answer) ? badAssertion : answer;
  const detail = cause === undefined ? reason : `${reason}: ${cause}`;
  return new OAuthError(code, description, { detail, headers, ...(status !== undefined && { status }) });
}
